// Counts packets and bytes by the country of their sender, and lets everything pass.
import { readFile } from 'node:fs/promises';
import { lpm, next, prefix, tally, text, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { readDatabase } from './database.ts';

const networks = lpm({ key: prefix, value: { country: text(2) }, max: 1_000_000 });
const countries = tally({ by: { country: text(2) }, max: 256, help: 'traffic by country of the sender' });

const Config = z.strictObject({
  /** A file of lines such as `192.0.2.0/24,CH`. Without one, everybody is from `??`. */
  database: z.string().min(1).optional(),
});

export default vnf({
  name: 'count-by-country',
  summary: 'Traffic by country of the sender',
  config: Config,
  tables: { networks, countries },

  fastPath(packet) {
    const ip = packet.ip();
    if (ip) countries.count(packet, { country: networks.lookup(ip.src)?.country ?? '??' });
    return next;
  },

  async configure({ config: { database }, tables }) {
    const lines = database === undefined ? '' : await readFile(database, 'utf8');
    tables.networks.replace(readDatabase(lines, database));
  },
});
