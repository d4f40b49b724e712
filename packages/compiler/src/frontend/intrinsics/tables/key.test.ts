import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lowerPrograms } from '../../../compile.ts';
import { inFiles } from '../../fixtures/compile-source.ts';
import { importVnf } from '../../modules/import-vnf.ts';

const refusal = (key: string) =>
  inFiles(
    {
      'test.vnf.ts': `import { ip, next, table, u16, vnf } from '@twinpath/vnf';
const flows = table({ key: { address: ip, port: u16 }, value: {}, max: 8 });
export default vnf({
  name: 'test',
  tables: { flows },
  fastPath(packet) {
    const ip = packet.ip();
    if (ip) flows.lookup(${key});
    return next;
  },
});
`,
    },
    async (directory) => {
      const imported = await importVnf(join(directory, 'test.vnf.ts'));
      const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
      try {
        lowerPrograms(imported, { target });
        return 'compiled';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  );

it.each([
  ['{ address: ip.src, port: 1 }', 'compiled'],
  ['{ port: 1 }', "TP3003: the field 'address' is missing"],
  ['{ address: ip.src }', "TP3003: the field 'port' is missing"],
  ['{ src: ip.src, port: 1 }', "TP3003: the field 'address' is missing"],
  ['packet.length', 'TP3005: a record with address is wanted here, not a number'],
  ['ip.src', 'TP3005: a record with address is wanted here, not an IPv4 address'],
  ['{ address: packet.length, port: 1 }', 'TP4001'],
])('a key %s: %s', async (key, message) => {
  expect(await refusal(key)).toContain(message);
});
