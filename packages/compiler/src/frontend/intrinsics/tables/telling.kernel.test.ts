import { join } from 'node:path';
import { BpfProgram, createMaps, RingBuffer } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { codec } from '@twinpath/vnf/layout';
import { describe, expect, it } from 'vitest';
import { EVENT, EVENTS, STATE } from '../../../abi/index.ts';
import { compileFunction } from '../../../compile.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { importVnf } from '../../modules/import-vnf.ts';

const imported = await importVnf(join(import.meta.dirname, 'fixtures/telling.vnf.ts'));
const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;

const FRAMES = ['10.0.0.1', 'fd00::1', '10.0.0.1'].map((source, index) =>
  packetFromText(`ip ${source} > ${source} / udp 4000 > ${7 + (index % 2)}`),
);
/** Ten seconds: limits begin with nothing at 0. */
const state = new Uint8Array(STATE.size);
new DataView(state.buffer).setBigUint64(STATE.now, 10_000_000_000n, true);

/** The third meets what the first has written: it removes a port, and changes no host. */
const TOLD = [
  ['hosts changed', { key: { address: '10.0.0.1' } }],
  ['ports changed', { key: 7 }],
  ['hosts changed', { key: { address: 'fd00::1' } }],
  ['ports changed', { key: 8 }],
  ['ports changed', { key: 7 }],
];

describe.each(['xdp', 'tcx-ingress'] as const)('a table that tells of changes, on %s', (hook) => {
  const { programs, maps: specs, plan } = compileFunction(imported, { target, programs: [{ hook }] });
  const [made] = programs;
  if (made === undefined) throw new Error('there is a program');
  const tellings = (events: Iterable<DataView>) =>
    [...events].map((view) => {
      const reason = plan.reasons[view.getUint16(EVENT.reason, true)];
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      return [reason?.name, reason?.metadata && codec(reason.metadata).decode(bytes, EVENT.header)];
    });

  it('says the key of what was added, replaced or removed, and nothing of what was found', () => {
    const maps = new EvaluatorMaps(specs);
    maps.store(STATE.map).update(new Uint8Array(4), state, 'any');
    for (const packet of FRAMES) evaluate(made.ir, { packet, maps });
    const views = maps.ring(EVENTS).drain();
    expect(tellings(views.map((one) => new DataView(one.buffer, one.byteOffset, one.byteLength)))).toEqual(TOLD);
  });

  it('says so in the kernel', () => {
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    const events = maps[EVENTS];
    if (events === undefined) throw new Error('there are events');
    maps[STATE.map]?.update(new Uint8Array(4), state);
    const views: DataView[] = [];
    const copy = (memory: DataView, offset: number, length: number) => {
      const from = memory.byteOffset + offset;
      views.push(new DataView(memory.buffer.slice(from, from + length)));
    };
    const ring = owned.use(new RingBuffer(events, copy));
    for (const data of FRAMES) program.testRun({ data });
    ring.drain();
    expect(tellings(views)).toEqual(TOLD);
  });
});
