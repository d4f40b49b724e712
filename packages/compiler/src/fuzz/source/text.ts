// Source text in two languages: the fast path's TypeScript, and JavaScript on BigInt that means the same.

/** `ts` goes through the compiler, `js` is run as it is. */
export interface Text {
  readonly ts: string;
  readonly js: string;
}

/** An exact integer; what it may be, both ends included. */
export interface NumberText extends Text {
  readonly low: bigint;
  readonly high: bigint;
}

/** Statements hold statements, so that single ones can be taken away. */
export interface Statement {
  readonly parts: readonly (Text | readonly Statement[])[];
}

export const same = (text: string): Text => ({ ts: text, js: text });

/** Puts texts together: `join\`(${a} + ${b})\``. */
export function join(strings: TemplateStringsArray, ...parts: readonly (Text | string)[]): Text {
  const render = (side: (part: Text) => string) =>
    strings.reduce((text, string, index) => {
      const part = parts[index - 1];
      return text + (part === undefined ? '' : typeof part === 'string' ? part : side(part)) + string;
    });
  return { ts: render(({ ts }) => ts), js: render(({ js }) => js) };
}

export function render(statements: readonly Statement[]): Text {
  const all = statements.map(({ parts }) => {
    const texts = parts.map((part) => ('ts' in part ? part : render(part)));
    return { ts: texts.map(({ ts }) => ts).join(''), js: texts.map(({ js }) => js).join('') };
  });
  return { ts: all.map(({ ts }) => `${ts}\n`).join(''), js: all.map(({ js }) => `${js}\n`).join('') };
}

/** Every way to leave one statement out. */
export function* without(statements: readonly Statement[]): Iterable<readonly Statement[]> {
  for (const [index, statement] of statements.entries()) {
    yield statements.toSpliced(index, 1);
    for (const [at, part] of statement.parts.entries()) {
      if ('ts' in part) continue;
      // What a block holds, in its place.
      yield statements.toSpliced(index, 1, ...part);
      for (const less of without(part))
        yield statements.toSpliced(index, 1, { parts: statement.parts.toSpliced(at, 1, less) });
    }
  }
}
