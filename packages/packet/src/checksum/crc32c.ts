// CRC32c, the checksum of SCTP (RFC 9260 appendix A): reflected, polynomial 0x1EDC6F41.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function step(crc: number, byte: number): number {
  return (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
}

export function crc32c(bytes: Uint8Array): number {
  return ~bytes.reduce(step, ~0) >>> 0;
}

/** The CRC after bytes changed: `delta` is old xor new, `behind` how many unchanged bytes follow. CRCs are linear, so what was
 *  right stays right and what was wrong stays wrong. */
export function updatedCrc32c(crc: number, delta: Uint8Array, behind: number): number {
  let change = delta.reduce(step, 0);
  for (let index = 0; index < behind; index++) change = step(change, 0);
  return (crc ^ change) >>> 0;
}
