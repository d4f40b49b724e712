// The real chain under the traffic of many flows that all its functions know.
import { assembleProgram, BpfProgram } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import type { Contender } from '../fast-path/contenders.ts';
import type { Making } from '../fast-path/instance.ts';
import type { Times } from '../fast-path/measure.ts';
import { type Law, senders } from '../specialise/traffic.ts';
import { random } from '../subnets.ts';
import { FRAME, Trace } from '../trace.ts';

export const FLOWS = 65_536;
const PACKETS = 131_072;
/** XDP_TX. */
const SENT_BACK = 3;

const client = (flow: number): string => `9.${flow >> 16}.${(flow >> 8) & 255}.${flow & 255}`;

/** What each function has learned of the flows. */
export const KNOWN: Readonly<Record<string, Making['fill']>> = {
  dpi(put) {
    for (let flow = 0; flow < FLOWS; flow++) {
      const key = { src: client(flow), dst: '10.0.0.2', sport: 4000, dport: 80, protocol: 'tcp' };
      put('flows', key, { verdict: 'allow', application: 7 });
    }
  },
  balancer(put) {
    for (let flow = 0; flow < FLOWS; flow++) {
      const key = { src: client(flow), dst: '10.0.0.2', sport: 4000, dport: 80, protocol: 'tcp' };
      put('flows', key, { address: '10.1.0.1', port: 8080 });
    }
  },
};

/** Processor time net of a program that does nothing, by contender; or what is wrong. */
export function measureTraffic(law: Law, contenders: readonly Contender[], rounds: number): readonly Times[] | string {
  using trace = new Trace(senders(law, FLOWS, PACKETS, random(5)).map((flow) => frame(client(flow))));
  using empty = BpfProgram.load(assembleProgram('tp_empty', 'xdp', `r0 = ${SENT_BACK}\nexit`));
  for (const { name, program } of contenders) {
    const wrong = trace.verdicts(program).filter((verdict) => verdict !== SENT_BACK).length;
    if (wrong > 0) return `${name}: ${wrong} of ${PACKETS} packets of known flows were not sent back`;
  }
  const net = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const nothing = trace.runOnProcessor(empty, PACKETS * 4);
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length;
      const program = contenders[index]?.program;
      if (program !== undefined) net[index]?.push(trace.runOnProcessor(program, PACKETS * 4) - nothing);
    }
  }
  return contenders.map((contender, index) => ({ contender, net: [net[index] ?? []] }));
}

function frame(from: string): Uint8Array {
  const bytes = new Uint8Array(FRAME);
  bytes.set(packetFromText(`ip ${from} > 10.0.0.2 / tcp 4000 > 80 ack / "abcdefgh"`));
  return bytes;
}
