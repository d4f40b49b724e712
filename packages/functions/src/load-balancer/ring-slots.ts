// Sixteen slots in each element: a value takes 8 bytes at least, and elements are written one by one.
import { type Ref, u16 } from '@twinpath/vnf';

export const SLOTS_OF_ELEMENT = 16;

export const ringElement = {
  s0: u16,
  s1: u16,
  s2: u16,
  s3: u16,
  s4: u16,
  s5: u16,
  s6: u16,
  s7: u16,
  s8: u16,
  s9: u16,
  s10: u16,
  s11: u16,
  s12: u16,
  s13: u16,
  s14: u16,
  s15: u16,
};
type Element = Readonly<Ref<typeof ringElement>>;

/** The server of slot `which`, 0 to 15. */
export function serverIn(e: Element, which: number): number {
  if (which < 8) return which < 4 ? oneOf4(which, e.s0, e.s1, e.s2, e.s3) : oneOf4(which - 4, e.s4, e.s5, e.s6, e.s7);
  if (which < 12) return oneOf4(which - 8, e.s8, e.s9, e.s10, e.s11);
  return oneOf4(which - 12, e.s12, e.s13, e.s14, e.s15);
}

function oneOf4(which: number, a: number, b: number, c: number, d: number): number {
  if (which < 2) return which === 0 ? a : b;
  return which === 2 ? c : d;
}

/** All slots' servers, in elements. */
export function* elementsOf(servers: Iterable<number>): Generator<Element> {
  let waiting: number[] = [];
  for (const server of servers) {
    waiting.push(server);
    if (waiting.length < SLOTS_OF_ELEMENT) continue;
    yield elementOf(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield elementOf(waiting);
}

function elementOf(s: readonly number[]): Element {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0] = s;
  const [s8 = 0, s9 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0, s14 = 0, s15 = 0] = s.slice(8);
  return { s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 };
}
