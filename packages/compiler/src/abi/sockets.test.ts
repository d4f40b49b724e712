import { join } from 'node:path';
import { packetFromText, textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { lowerPrograms, type ProgramChoice } from '../compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { importVnf } from '../frontend/modules/import-vnf.ts';
import { EVENT, eventPrefix } from './event.ts';
import { SOCKETS, socketIndex } from './sockets.ts';
import { EVENTS } from './state.ts';
import { TRIPS } from './trips.ts';

const imported = await importVnf(join(import.meta.dirname, 'fixtures', 'socket.vnf.ts'));
const ports = [
  { name: 'lan', ifindex: 4 },
  { name: 'wan', ifindex: 5 },
];
const target = { clock: 'simulated', cpus: 1, ports, classifiers: new Map(), seed: 1, key: 7 } as const;
const FRAME = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53 / "question"');
const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

const lower = (choice: ProgramChoice, copies = false) =>
  lowerPrograms(imported, { config: { copies }, target, programs: [choice] });

function run(packet: Uint8Array, { trips = 0, sockets = [] }: { trips?: number; sockets?: number[] }) {
  const { programs, maps: specs, plan } = lower({ hook: 'xdp' });
  const maps = new EvaluatorMaps(specs);
  for (const index of sockets) maps.store(SOCKETS).update(word(index), word(77), 'any');
  maps.store(TRIPS).update(word(0), new Uint8Array(Uint32Array.of(trips, 0).buffer), 'any');
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  const context = { ingress_ifindex: 5, rx_queue_index: 3 };
  const outcome = evaluate(program.ir, { packet, maps, context });
  return { ...outcome, events: maps.ring(EVENTS).drain(), metadata: plan.reasons[0]?.metadata?.size ?? 0 };
}

describe('a packet for a socket', () => {
  it('goes to that of its queue and port, with the record of the ring in front', () => {
    const { returned, redirect, packet, metadata, events } = run(FRAME, { sockets: [socketIndex(1, 3)] });
    expect([returned, events]).toEqual([4n, []]);
    expect(redirect).toMatchObject({ kind: 'map', map: SOCKETS, key: socketIndex(1, 3), value: 77 });
    const byRing = run(FRAME, {}).events[0] ?? new Uint8Array();
    expect([...packet]).toEqual([...byRing]);
    const prefix = eventPrefix(metadata);
    expect(textOf(packet.subarray(prefix))).toBe(textOf(FRAME));
    const view = new DataView(packet.buffer, packet.byteOffset);
    expect([view.getUint32(EVENT.ifindex, true), view.getUint32(EVENT.captured, true)]).toEqual([5, FRAME.length]);
    expect([...packet.subarray(EVENT.header, EVENT.header + 4)]).toEqual([10, 0, 0, 1]);
  });

  it.each([
    ['there is no socket', FRAME, { sockets: [socketIndex(0, 3), socketIndex(1, 2)] }],
    ['the record is longer than a frame', new Uint8Array([...FRAME, ...new Uint8Array(3800)]), { sockets: [67] }],
    ['the slow path sent it again', FRAME, { trips: 1, sockets: [67] }],
  ] as const)('goes up by the ring where %s', (_, frame, given) => {
    const { returned, redirect, events, packet } = run(frame, { ...given, sockets: [...given.sockets] });
    expect([returned, redirect, events.length]).toEqual([1n, undefined, 1]);
    expect([...packet]).toEqual([...frame]);
  });

  it('is an error on tc, and for copies', () => {
    expect(() => lower({ hook: 'tcx-ingress' })).toThrow("'reason up by way of 'xsk'' cannot be done on tcx-ingress");
    expect(() => lower({ hook: 'xdp' }, true)).toThrow("'reason copy by way of 'xsk'' cannot be done on xdp");
  });
});
