import { toHex } from '../bytes/hex.ts';

const MIN_ZEROS = 8;

/** The layer of a payload; none if it is empty. */
export function describePayload(bytes: Uint8Array): readonly string[] {
  if (bytes.length === 0) return [];
  if (bytes.length >= MIN_ZEROS && bytes.length < 0x1_0000 && bytes.every((byte) => byte === 0))
    return [`zeros ${bytes.length}`];
  return [isText(bytes) ? quoted(bytes) : `hex ${toHex(bytes)}`];
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
}

function quoted(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
}
