// Records what `npm start` plays where it may not make a network: one HTTP request of each family, as it comes by at the client, without
// Twinpath in between. Root. Writes recorded.txt beside this file.
import { writeFileSync } from 'node:fs';
import { textOf } from '@twinpath/packet';
import { readCapture } from '@twinpath/packet/pcap';
import { createLab, urlHost } from '@twinpath/testing/lab';
import { RECORDED } from './conversation.ts';
import { buildNetwork, CLIENTS, SERVERS } from './network.ts';
import { PORTS } from './rules.ts';

const BODY = 'It works.\n'.repeat(100);
const FAMILIES = [
  ['IPv4', CLIENTS.v4.ordinary, SERVERS.v4.shop],
  ['IPv6', CLIENTS.v6.ordinary, SERVERS.v6.shop],
] as const;

await using lab = createLab('tp-main-job-record');
const { client, servers } = buildNetwork(lab);
for (const server of servers) await server.http({ port: PORTS.web, body: BODY });
const lines: string[] = [];
for (const [family, source, server] of FAMILIES) {
  const get = (path: string) => client.fetch(`http://${urlHost(server)}:${PORTS.web}/${path}`, { source });
  // Neighbours are known then.
  await get('first');
  const capture = await client.capture('eth0', { filter: `tcp port ${PORTS.web}` });
  await get('');
  for (const { bytes } of readCapture(await capture.stop())) {
    // Left to hardware that virtual interfaces do not have.
    const text = textOf(bytes).replaceAll(/ checksum \d+/g, '');
    lines.push(`${family} ${text.includes(`ip ${source} >`) ? 'client' : 'server'}: ${text}`);
  }
}
writeFileSync(RECORDED, `${lines.join('\n')}\n`);
