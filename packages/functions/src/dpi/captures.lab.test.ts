// The same verdicts as nDPI's own reader: on captures of everything that there is, and on a few of our own.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ndpi } from '@twinpath/ndpi';
import { writePcap } from '@twinpath/packet/pcap';
import { flowName, missingReader, readWithNdpi, recorded } from '@twinpath/testing/captures';
import { expect, test } from 'vitest';
import { conversations } from './test/conversations.ts';
import { Rig } from './test/rig.ts';

const PACKETS = { tcp: 16, other: 10 };

/** What the function says of each flow. One that is seen in two VLANs is two, and has two names. */
async function verdictsOn(files: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  await using engine = await Ndpi.start();
  using rig = await Rig.start({ engine, config: { packets: PACKETS }, executor: 'engine' });
  for (const file of files) {
    let last = 0;
    for (const { frame, at } of recorded(file)) {
      await rig.feed(frame, at);
      last = at;
    }
    await rig.inspector.giveUp(last + 3600e9);
  }
  const named = rig.verdicts().map(({ key, name, protocol }) => {
    return [flowName(key), protocol === name ? name : `${protocol}.${name}`] as const;
  });
  return new Map(
    Map.groupBy(named, ([flow]) => flow)
      .entries()
      .map(([flow, entries]) => [flow, entries.map(([, name]) => name)] as const),
  );
}

/** Flows that are not named as nDPI's reader names them, of how many. */
async function compare(files: readonly string[]) {
  const wanted = readWithNdpi(files, PACKETS);
  const seen = await verdictsOn(files);
  const others = [...wanted].filter(([flow, name]) => !seen.get(flow)?.includes(name));
  return { flows: wanted.size, others: others.map(([flow, name]) => `${flow}: ${name}, and here ${seen.get(flow)}`) };
}

const noReader = missingReader();
const folder = process.env.TWINPATH_CAPTURES;
const why = noReader ?? (folder === undefined ? 'TWINPATH_CAPTURES, a folder of captures' : undefined);
const needs = (what: string | undefined) => (what === undefined ? '' : ` (skipped: it needs ${what})`);

test.skipIf(why !== undefined)(`names flows as ndpiReader does, but for one in a hundred${needs(why)}`, async () => {
  const files = readdirSync(folder ?? '').map((name) => join(folder ?? '', name));
  const { flows, others } = await compare(files);
  expect(flows).toBeGreaterThan(0);
  expect(others.length / flows, others.join('\n')).toBeLessThanOrEqual(0.01);
});

test.skipIf(noReader !== undefined)(`names our own flows as ndpiReader does${needs(noReader)}`, async () => {
  const own = mkdtempSync(join(tmpdir(), 'tp-dpi-own-'));
  try {
    const file = join(own, 'own.pcap');
    const packets = await conversations();
    writeFileSync(file, writePcap(packets.map((bytes, index) => ({ bytes, time: BigInt(index) * 1_000_000n }))));
    const { flows, others } = await compare([file]);
    expect(others).toEqual([]);
    expect(flows).toBe(8);
  } finally {
    rmSync(own, { recursive: true });
  }
});
