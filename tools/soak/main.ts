// npm run soak -- [--minutes N] [--every MS] [--rate PACKETS] [--seed S]
// Mixed and damaged packets through the engine on AF_XDP and TAP, with two workers and a wire between them, whose ports, programs
// (XDP and tc), copies, tables and frames sent into the middle change all the time. Each time all ports are taken away, every frame
// buffer must be back, the counters add up and the engine's memory be as free as at first; at the end the process must not have
// grown. Needs root.
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Rig } from './rig.ts';
import { Wires } from './wires.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    every: { type: 'string', default: '2000' },
    rate: { type: 'string', default: '20000' },
    seed: { type: 'string' },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const minutes = Number(values.minutes);
/** What the process may have grown by between a third of the time and its end, in MiB. */
const MOST_GROWTH = 32;
const MEBIBYTE = 2 ** 20;

let state = seed || 1;
function random(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const start = performance.now();
const share = (): number => (performance.now() - start) / (minutes * 60_000);
const resident = (): number => process.memoryUsage().rss / MEBIBYTE;

await using wires = new Wires({ rate: Number(values.rate), seed });
await using rig = await Rig.open(wires, random);
console.error(`seed ${seed}`);
let third: number | undefined;
while (share() < 1) {
  await rig.reconfigure();
  await sleep(Number(values.every));
  assert(wires.isAlive, 'the traffic has ended');
  if (share() > 1 / 3) third ??= resident();
  process.stderr.write(`\r${summary()} `);
}
await rig.halt();
const growth = resident() - (third ?? resident());
console.log(`\n${summary()}; ${growth.toFixed(0)} MiB more than after a third of the time`);
assert(growth < MOST_GROWTH, `the process has grown by ${growth.toFixed(0)} MiB`);
assert(rig.totals.received > 0, 'nothing has been received');

function summary(): string {
  const counts = Object.entries(rig.totals).map(([name, total]) => `${total} ${name}`);
  return `${counts.join(', ')}, ${resident().toFixed(0)} MiB`;
}
