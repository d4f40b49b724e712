// What the guest says, line by line.

export interface Check {
  readonly title: string;
  readonly ok: boolean;
  readonly skipped: boolean;
  /** Behind the title. */
  readonly comment: string | undefined;
  readonly details: readonly string[];
}

export class TapReader {
  /** What the guest's program returned; not before it has ended. */
  result: number | undefined;
  readonly #onCheck: (check: Check) => void;
  #last: (Check & { readonly details: string[] }) | undefined;

  constructor(onCheck: (check: Check) => void) {
    this.#onCheck = onCheck;
  }

  line(text: string): void {
    const [, not, title, comment] = /^(not )?ok \d+ - ([^#]*?)(?: # (.*))?$/.exec(text) ?? [];
    if (title !== undefined) {
      this.flush();
      const skipped = comment?.startsWith('SKIP') ?? false;
      this.#last = { title, ok: not === undefined, skipped, comment, details: [] };
    } else if (text.startsWith('  ')) {
      this.#last?.details.push(text.slice(2));
    } else if (text.startsWith('RC ')) {
      this.result = Number(text.slice(3));
    }
  }

  /** Details follow a check: the last one is known to be whole only at the end. */
  flush(): void {
    if (this.#last !== undefined) this.#onCheck(this.#last);
    this.#last = undefined;
  }
}
