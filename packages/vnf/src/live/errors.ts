/** An entry did not fit into a live table. */
export class TableFullError extends Error {
  override readonly name = 'TableFullError';
  readonly code = 'TP_TABLE_FULL';
  readonly table: string;
  readonly max: number;
  readonly hint = "raise `max`, or let the table make room with `whenFull: 'evict'` or a timeout";

  /** `given`: how many there were to be, where that is known. */
  constructor(table: string, max: number, given?: number) {
    const wanted = given === undefined ? '' : `, and ${given} were given`;
    super(`table ${table} is full: it holds ${max} entries${wanted}`);
    this.table = table;
    this.max = max;
  }
}

/** A port was asked for that the function does not have. */
export class UnknownPortError extends Error {
  override readonly name = 'UnknownPortError';
  readonly code = 'TP_UNKNOWN_PORT';
  readonly port: string;
  readonly hint: string;

  constructor(port: string, known: readonly string[]) {
    super(`there is no port '${port}'`);
    this.port = port;
    this.hint = known.length === 0 ? 'this function has no ports' : `its ports are ${known.join(', ')}`;
  }
}
