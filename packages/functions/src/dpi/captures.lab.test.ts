// The same verdicts as nDPI's own reader, on captures of everything that there is.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ndpi } from '@twinpath/ndpi';
import { expect, test } from 'vitest';
import { flowName, missingReader, readWithNdpi } from './test/ndpi-reader.ts';
import { recorded } from './test/recorded.ts';
import { Rig } from './test/rig.ts';

const PACKETS = { tcp: 16, other: 10 };

async function applications(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await using engine = await Ndpi.start();
  using rig = await Rig.start({ engine, config: { packets: PACKETS } });
  for (const file of files) {
    let last = 0;
    for (const { frame, at } of recorded(file)) {
      await rig.feed(frame, at);
      last = at;
    }
    await rig.inspector.giveUp(last + 3600e9);
  }
  return new Map(
    rig.verdicts().map(({ key, name, protocol }) => [flowName(key), protocol === name ? name : `${protocol}.${name}`]),
  );
}

const folder = process.env.TWINPATH_CAPTURES;
const missing = missingReader();

test.skipIf(missing !== undefined || folder === undefined)(
  `names as ndpiReader does on captures (needs TWINPATH_CAPTURES, a folder, and ndpiReader)`,
  async () => {
    const files = readdirSync(folder ?? '').map((name) => join(folder ?? '', name));
    const wanted = readWithNdpi(files, PACKETS);
    const seen = await applications(files);
    const others = [...wanted].filter(([flow, application]) => seen.get(flow) !== application);
    console.log(
      wanted.size,
      others.length,
      others.map(([flow, a]) => `${flow}: ${a} | ${seen.get(flow)}`),
    );
    expect(wanted.size).toBeGreaterThan(2000);
    expect(others.length / wanted.size).toBeLessThanOrEqual(0.01);
  },
);
