/** A version of a function cannot go on with the tables of the one before. */
export class LayoutChangedError extends Error {
  override readonly name = 'LayoutChangedError';
  readonly code = 'TP_LAYOUT_CHANGED';
  /** Path of the table. */
  readonly table: string;
  readonly hint: string;

  constructor(functionName: string, table: string, why: string, hint: string) {
    super(`function ${functionName}: table ${table} cannot be taken over: ${why}`);
    this.table = table;
    this.hint = hint;
  }
}
