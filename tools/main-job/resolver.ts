// A DNS server that knows one name. Twinpath's slow path asks it, on the loopback of the process that both are in.
import { createSocket } from 'node:dgram';
import { setServers } from 'node:dns/promises';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { ipToBytes } from '@twinpath/packet';

const A = 1;
const AAAA = 28;
const HEADER = 12;

/** Until disposed; from then on this process cannot resolve names. */
export async function startResolver(name: string, { v4, v6 }: { v4: string; v6: string }): Promise<Disposable> {
  const socket = createSocket('udp4');
  const addresses = new Map([
    [A, ipToBytes(v4)],
    [AAAA, ipToBytes(v6)],
  ]);
  socket.on('message', (query, { port, address }) => socket.send(answer(query, name, addresses), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.unref();
  setServers([`127.0.0.1:${socket.address().port}`]);
  // setServers replaces the module's functions; this lets those see it who have imported them by name.
  syncBuiltinESMExports();
  return { [Symbol.dispose]: () => socket.close() };
}

/** RFC 1035, section 4: header, the question again, and one record that refers to the question's name. */
function answer(query: Buffer, name: string, addresses: ReadonlyMap<number, Uint8Array>): Buffer {
  const end = query.indexOf(0, HEADER) + 1;
  const type = query.readUInt16BE(end);
  const question = query.subarray(HEADER, end + 4);
  const address = nameIn(question) === name ? addresses.get(type) : undefined;
  const header = Buffer.from(query.subarray(0, HEADER));
  // A response; recursion wanted and available; NXDOMAIN for another name.
  header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(address === undefined ? 0 : 1, 6);
  header.writeUInt32BE(0, 8);
  if (address === undefined) return Buffer.concat([header, question]);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4); // class IN, and a time to live of 0
  record.writeUInt16BE(address.length, 10);
  return Buffer.concat([header, question, record, address]);
}

function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 0, length = question[at]; length; at += length + 1, length = question[at]) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length).toLowerCase());
  }
  return labels.join('.');
}
