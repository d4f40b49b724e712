import { describe, expect, it } from 'vitest';
import { Detector } from './detector.ts';
import type { NativeNdpi } from './library.ts';
import type { Finding, Shown } from './wire.ts';

const DONE = 9;

/** A library whose packets say what is in them: the application, and whether more packets are wanted. */
function fake() {
  const alive = new Set<unknown>();
  const ndpi: NativeNdpi = {
    revision: '4.2.0',
    applications: [],
    categories: [],
    risks: [],
    newFlow() {
      const flow = { wantsMore: false };
      alive.add(flow);
      return flow;
    },
    freeFlow(flow) {
      if (!alive.delete(flow)) throw new Error('freed twice');
    },
    process(flow, [application = 0, more = 0]) {
      Object.assign(flow as object, { wantsMore: more === 1 });
      return { master_protocol: 0, app_protocol: application, category: 0 };
    },
    wantsMore: (flow) => (flow as { wantsMore: boolean }).wantsMore,
    giveUp: () => ({ master_protocol: 0, app_protocol: DONE, category: 0 }),
    risksOf: () => 0n,
  };
  return { ndpi, alive };
}
const ask = (detector: Detector, ...shown: readonly Omit<Shown, 'at'>[]) =>
  shown.flatMap((one) => [...detector.show({ ...one, at: 0 })]).map(short);
const short = ({ flow, application, isFinal }: Finding) => [flow, application, isFinal];
const packet = (application: number, more = 0) => Uint8Array.of(application, more);

describe('a flow', () => {
  it('is decided when its application is known, and then forgotten', () => {
    const { ndpi, alive } = fake();
    const detector = new Detector(ndpi, 10);
    expect(ask(detector, { flow: 1, packet: packet(0) }, { flow: 1, packet: packet(5) })).toEqual([[1, 5, true]]);
    expect([detector.size, alive.size]).toEqual([0, 0]);
  });
  it('is told, but not decided, while more packets would say more', () => {
    const detector = new Detector(fake().ndpi, 10);
    const shown = [packet(5, 1), packet(5, 1), packet(6, 1), packet(6, 0)].map((one) => ({ flow: 1, packet: one }));
    expect(ask(detector, ...shown)).toEqual([
      [1, 5, false],
      [1, 6, false],
      [1, 6, true],
    ]);
  });
  it('is decided with what is known when there are no more packets', () => {
    const detector = new Detector(fake().ndpi, 10);
    const decide = { then: 'decide' } as const;
    expect(ask(detector, { flow: 1, packet: packet(0), ...decide })).toEqual([[1, DONE, true]]);
    expect(ask(detector, { flow: 2, packet: packet(5, 1) }, { flow: 2, ...decide })).toEqual([
      [2, 5, false],
      [2, 5, true],
    ]);
    expect(ask(detector, { flow: 3, ...decide })).toEqual([]);
  });
  it('is forgotten without a word where nobody asks any more', () => {
    const { ndpi, alive } = fake();
    const detector = new Detector(ndpi, 10);
    const forget = { then: 'forget' } as const;
    expect(ask(detector, { flow: 1, packet: packet(0) }, { flow: 1, ...forget }, { flow: 1, ...forget })).toEqual([]);
    expect(alive.size).toBe(0);
  });
});

it('decides the oldest flow where there are too many', () => {
  const { ndpi, alive } = fake();
  const detector = new Detector(ndpi, 2);
  const shown = [1, 2, 3, 4].map((flow) => ({ flow, packet: packet(0) }));
  expect(ask(detector, ...shown)).toEqual([
    [1, DONE, true],
    [2, DONE, true],
  ]);
  expect([detector.size, alive.size]).toEqual([2, 2]);
});
