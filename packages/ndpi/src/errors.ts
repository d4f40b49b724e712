const INSTALL = 'install it (Debian 12: apt-get install libndpi4.2)';

/** There is no nDPI to be had here: the library is absent, another version, or may not be run. */
export class NdpiMissingError extends Error {
  override readonly name = 'NdpiMissingError';
  readonly code = 'TP_NDPI_MISSING';
  readonly why: string;
  readonly hint: string;

  constructor(why: string, hint = INSTALL) {
    super(`nDPI cannot be used: ${why}`);
    this.why = why;
    this.hint = hint;
  }
}

/** The child process ended, or was ended, with packets that it had not answered for. */
export class NdpiLostError extends Error {
  override readonly name = 'NdpiLostError';
  readonly code = 'TP_NDPI_LOST';
  readonly hint =
    'flows that were being looked at begin anew with their next packets; the process is started again by itself';

  constructor(why: string) {
    super(`nDPI's process was lost: ${why}`);
  }
}

/** More was asked than it gets done; what was asked with this is not looked at. */
export class NdpiBusyError extends Error {
  override readonly name = 'NdpiBusyError';
  readonly code = 'TP_NDPI_BUSY';
  readonly hint = 'show it fewer packets of each flow, or lower the limit of those that are handed up';

  constructor(bytes: number) {
    super(`nDPI does not keep up: ${bytes} bytes wait for it`);
  }
}
