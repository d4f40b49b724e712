// What programs remember of the kernel's routes is what the kernel would say, whatever packets come in between.
import { macToBytes, packetFromText, textOf } from '@twinpath/packet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOP_LEASE, HOPS } from '../../../abi/hops.ts';
import { LINK, LINKS, PORTS, STATE } from '../../../abi/index.ts';
import { createEnvironment } from '../../../evaluate/environment.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import type { Hook } from '../../../ir/types.ts';
import { compileVerdict, LAN, WAN } from './fixtures/load.ts';

const element = new Uint8Array(4);
/** BPF_FIB_LKUP_RET_NO_NEIGH and _FRAG_NEEDED */
const [NO_NEIGHBOUR, TOO_LONG] = [7, 8];

/** One CPU with a kernel behind it, whose only route changes. */
class Router {
  asked = 0;
  /** Of the next hop; 0: it is not resolved. */
  version = 1;
  mtu = 1500;
  readonly #program;
  readonly #maps;
  readonly #state: Uint8Array;

  constructor(hook: Hook) {
    const { programs, maps } = compileVerdict('route', hook);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    this.#program = program;
    this.#maps = new EvaluatorMaps(maps);
    this.#state = this.#maps.store(STATE.map).lookup(element) ?? new Uint8Array();
    for (const [index, ifindex] of [LAN, WAN].entries()) {
      const key = new Uint8Array(Uint32Array.of(index).buffer);
      this.#maps.store(PORTS).update(key, new Uint8Array(Uint32Array.of(ifindex).buffer), 'any');
      this.#maps.store(LINKS).update(key, new Uint8Array(LINK.size), 'any');
    }
  }

  tell(word: number, value: number): void {
    this.#store((view) => view.setUint32(word, value, true));
  }

  /** Nanoseconds. */
  wait(time: bigint): void {
    this.#store((view) => view.setBigUint64(STATE.now, view.getBigUint64(STATE.now, true) + time, true));
  }

  /** The packet as it leaves; `undefined`: the host gets it, as it came. */
  send(text: string, from = LAN): string | undefined {
    const environment = createEnvironment({
      fib: (parameters) => {
        this.asked++;
        // As the kernel does: what was asked is overwritten.
        const view = new DataView(parameters.buffer);
        const length = view.getUint16(6, true);
        view.setUint16(6, this.mtu, true);
        view.setUint32(12, 77, true);
        parameters.fill(9, 32, 36);
        if (this.version === 0) return NO_NEIGHBOUR;
        if (length > this.mtu) return TOO_LONG;
        view.setUint32(8, WAN, true);
        parameters.set(macToBytes('02:aa:bb:cc:dd:01'), 52);
        parameters.set([2, 0, 0, 0, 0, this.version], 58);
        return 0;
      },
    });
    const { hook, ir } = this.#program;
    const context = hook === 'xdp' ? { ingress_ifindex: from } : { ifindex: from };
    const { redirect, packet } = evaluate(ir, { packet: packetFromText(text), maps: this.#maps, environment, context });
    return redirect === undefined ? undefined : textOf(packet);
  }

  #store(write: (view: DataView) => void): void {
    write(new DataView(this.#state.buffer, this.#state.byteOffset));
    this.#maps.store(STATE.map).update(element, this.#state, 'any');
  }
}

const [FOUR, SIX] = ['ip 10.0.0.1 > 192.0.2.9 / udp 1 > 2 / "abc"', 'ip fd00::1 > fd00:1::9 / udp 1 > 2 / "abc"'];

test.each([
  ['xdp', FOUR],
  ['xdp', SIX],
  ['tcx-ingress', FOUR],
  ['tcx-ingress', SIX],
] as const)('on %s the kernel is asked once until it tells of a change: %s', (hook, packet) => {
  const router = new Router(hook);
  const first = router.send(packet);
  router.send(packet);
  // Nobody listens to the kernel: nothing is remembered.
  expect(router.asked).toBe(2);
  router.tell(STATE.network, 5);
  for (let n = 0; n < 3; n++) expect(router.send(packet)).toBe(first);
  expect(router.asked).toBe(3);
  router.version = 2;
  expect(router.send(packet)).toBe(first);
  router.tell(STATE.network, 6);
  expect(router.send(packet)).toContain('02:00:00:00:00:02');
  expect(router.asked).toBe(4);
  router.version = 3;
  router.wait(HOP_LEASE - 1n);
  expect(router.send(packet)).toContain('02:00:00:00:00:02');
  router.wait(1n);
  expect(router.send(packet)).toContain('02:00:00:00:00:03');
});

test('an answer that there is no way is not remembered', () => {
  const router = new Router('xdp');
  router.tell(STATE.network, 1);
  router.send(FOUR);
  router.version = 0;
  router.tell(STATE.network, 2);
  expect(router.send(FOUR)).toBeUndefined();
  expect(router.send(FOUR)).toBeUndefined();
  router.version = 4;
  expect(router.send(FOUR)).toContain('02:00:00:00:00:04');
});

test('what is too long for the next hop is for the host, also where shorter packets are known', () => {
  const router = new Router('xdp');
  router.tell(STATE.network, 1);
  router.mtu = 40;
  expect(router.send(FOUR)).toBeDefined();
  expect(router.send(FOUR.replace('abc', 'a'.repeat(13)))).toBeUndefined();
  expect(router.send(FOUR)).toBeDefined();
});

test('where routes depend on the destination alone, packets from others and of other classes need not ask', () => {
  for (const [byDestination, times] of [
    [0, 3],
    [1, 1],
  ] as const) {
    const router = new Router('xdp');
    router.tell(STATE.network, 1);
    router.tell(STATE.byDestination, byDestination);
    for (const text of [FOUR, FOUR.replace('10.0.0.1', '10.0.0.2'), FOUR.replace(' /', ' class 8 /')])
      router.send(text);
    expect(router.asked).toBe(times);
    router.send(FOUR, WAN);
    expect(router.asked).toBe(times + 1);
  }
});

/** Few, so that they meet; two of each family, by two interfaces, of several lengths. */
const packet = fc.record({
  text: fc
    .tuple(
      fc.boolean(),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([isSix, source, destination, more]) =>
      isSix
        ? `ip fd00::${source} > fd00:1::${destination} class ${more} / udp 1 > 2`
        : `ip 10.0.0.${source} > 10.9.${destination >> 8}.${destination & 255} class ${more} / udp 1 > 2`,
    ),
  from: fc.constantFrom(LAN, WAN),
});
const step = fc.oneof(
  { weight: 12, arbitrary: packet },
  { weight: 1, arbitrary: fc.constant('changed' as const) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1 }) },
);

test('whatever comes, each packet leaves as if the kernel had been asked', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom('xdp' as const, 'tcx-ingress' as const),
      (steps, hook) => {
        const [remembering, asking] = [new Router(hook), new Router(hook)];
        remembering.tell(STATE.network, 1);
        let generation = 1;
        for (const one of steps) {
          if (one === 'changed') {
            for (const router of [remembering, asking]) router.version = (router.version + 1) % 5;
            remembering.tell(STATE.network, ++generation);
          } else if (typeof one === 'number') {
            remembering.tell(STATE.byDestination, one);
            remembering.tell(STATE.network, ++generation);
          } else expect(remembering.send(one.text, one.from)).toBe(asking.send(one.text, one.from));
        }
        expect(remembering.asked).toBeLessThanOrEqual(asking.asked);
      },
    ),
    { numRuns: 30 },
  );
});

test('elements are as many as the hash reaches', () => {
  const spec = compileVerdict('route', 'xdp').maps.find(({ name }) => name === HOPS);
  expect(spec).toMatchObject({ type: 'percpu-array', maxEntries: 512, valueSize: 128 });
});
