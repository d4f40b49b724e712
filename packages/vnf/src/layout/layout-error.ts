/** A shape that cannot be laid out where it stands. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
  readonly code = 'TP_LAYOUT';
}
