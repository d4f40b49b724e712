// How much the tables hold.

export const SERVICES = 256;
/** Each port of a range takes one, of each family. */
export const SERVICE_PORTS = 4096;
/** Of all services' rings together. */
export const SLOTS = 65_552;
/** 0 is nobody's: a slot that nobody filled leads to no backend. */
export const SERVER_IDS = 1023;
export const SESSIONS = 131_072;
export const HALF_OPEN = 32_768;

/** Of a port or a range of them. */
export function rangeOf(port: number | string): { readonly low: number; readonly high: number } {
  const [low = 0, high = low] = String(port).split('-').map(Number);
  return { low, high };
}
