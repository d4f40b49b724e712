/** Whether a server is up, from the answers to its checks. Only answers in a row count, so that one that comes and goes stays what
 *  it was. */
export class Health {
  readonly #rise: number;
  readonly #fall: number;
  #isUp: boolean;
  /** Answers in a row that speak against the present state. */
  #against = 0;

  constructor(isUp: boolean, { rise, fall }: { readonly rise: number; readonly fall: number }) {
    this.#isUp = isUp;
    this.#rise = rise;
    this.#fall = fall;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** `true`: the state has changed with this answer. */
  told(isWell: boolean): boolean {
    this.#against = isWell === this.#isUp ? 0 : this.#against + 1;
    if (this.#against < (this.#isUp ? this.#fall : this.#rise)) return false;
    this.#isUp = isWell;
    this.#against = 0;
    return true;
  }
}
