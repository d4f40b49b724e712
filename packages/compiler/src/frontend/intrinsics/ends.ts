// Collects the ways out of a parse: the paths on which it failed are joined and give `undefined`.
import type { Lowering } from '../lowering.ts';
import type { Outcome, Path } from '../path.ts';
import { UNDEFINED, type Value } from '../value.ts';
import type { Code } from './code.ts';

export class Ends {
  readonly #lowering: Lowering;
  readonly #failed: Path[] = [];
  readonly #found: Outcome[] = [];

  constructor(lowering: Lowering) {
    this.#lowering = lowering;
  }

  fail(code: Code): void {
    this.#lowering.builder.expectNot(code.path.block);
    this.#failed.push(code.path);
  }

  found(code: Code, value: Value): void {
    this.#found.push({ path: code.path, value });
  }

  /** The failed paths, joined. */
  failures(): readonly Path[] {
    return this.#lowering.joinPaths(this.#failed);
  }

  /** What was found, joined; then the failed paths, joined, with `undefined`. */
  outcomes(): readonly Outcome[] {
    const failed = this.failures().map((path) => ({ path, value: UNDEFINED }));
    return [...this.#lowering.join(this.#found), ...failed];
  }

  /** `code` continues where the condition held; the other side fails. */
  require(sides: { readonly then: Code; readonly otherwise: Code }): Code {
    this.fail(sides.otherwise);
    return sides.then;
  }

  /** `code` continues where the condition did not hold; the other side fails. */
  refuse(sides: { readonly then: Code; readonly otherwise: Code }): Code {
    this.fail(sides.then);
    return sides.otherwise;
  }
}
