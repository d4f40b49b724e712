/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** From the configuration's root: names of members, numbers of list elements from 0. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** What is wrong with the value: `rules[3].action is 'x'`. */
  readonly wrong: string;
  /** What to do about it: `use one of 'allow', 'drop'`. */
  readonly right: string;
  /** Only when the member itself, the last of the path, is one that nobody knows: those that there are. */
  readonly known?: readonly string[];
}

/** The configuration of a function is refused; nothing has changed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'TP_CONFIG';
  /** Name of the function in its chain. */
  readonly function: string;
  /** At least one, in the order of the configuration. */
  readonly problems: readonly ConfigProblem[];
  readonly hint: string;

  constructor(functionName: string, problems: readonly ConfigProblem[], cause?: unknown) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super(`configuration of function ${functionName}: ${first?.wrong ?? 'it is refused'}${more}`, { cause });
    this.function = functionName;
    this.problems = problems;
    this.hint = first?.right ?? 'correct the configuration';
  }
}

/** `rules[3].action`. */
export function pathText(path: readonly (string | number)[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return text === '' ? 'the configuration' : text.replace(/^\./, '');
}
