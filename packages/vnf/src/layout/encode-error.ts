/** A value that does not fit its field. Encoders refuse; nothing is ever cut off. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly code = 'TP_ENCODE';
  /** Names from the outside in; empty for the value as a whole. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** What the field takes. */
  readonly hint: string;

  constructor(path: readonly string[], value: unknown, allowed: string, cause?: unknown) {
    super(`${path.length === 0 ? 'the value' : `field ${path.join('.')}`} takes ${allowed}, not ${shown(value)}`, {
      cause,
    });
    this.path = path;
    this.value = value;
    this.hint = `give ${allowed}`;
  }
}

/** Bytes that are no value of their type: written by something else, or by an older layout. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'TP_DECODE';
  readonly path: readonly string[];

  constructor(path: readonly string[], why: string) {
    super(`${path.length === 0 ? 'the value' : `field ${path.join('.')}`}: ${why}`);
    this.path = path;
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'undefined (it is missing)';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
