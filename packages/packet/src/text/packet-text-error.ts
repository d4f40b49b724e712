/** A packet text that cannot be read; the message shows the place. */
export class PacketTextError extends Error {
  override readonly name = 'PacketTextError';
  readonly code = 'TP_PACKET_TEXT';
  readonly text: string;
  /** Index of the first character of what is wrong. */
  readonly at: number;
  readonly hint: string;

  constructor(text: string, place: { readonly at: number; readonly end: number }, why: string, hint: string) {
    super(`${why}\n${frameOf(text, place)}\n${hint}`);
    this.text = text;
    this.at = place.at;
    this.hint = hint;
  }
}

/** The line with carets below the place. */
function frameOf(text: string, { at, end }: { readonly at: number; readonly end: number }): string {
  const line = text.replaceAll(/[\n\r\t]/g, ' ');
  return `  ${line}\n  ${' '.repeat(at)}${'^'.repeat(Math.max(1, end - at))}`;
}
