import type { Classifier, Finding } from './classifier.ts';
import { ascii, Reader } from './reader.ts';

const HEADER = 12;
const ANSWER = 0x8000;
const MDNS = 5353;
const LLMNR = 5355;
const PORTS = [53, MDNS, LLMNR];

export const dns: Classifier = {
  name: 'dns',
  transport: 'udp',
  classify({ client, server }) {
    if (!PORTS.includes(client.port) && !PORTS.includes(server.port)) return 'no';
    const [message] = [...client.datagrams, ...server.datagrams];
    if (!message) return 'more';
    return findingIn(message, nameFor(client.port, server.port));
  },
};

/** Behind a length of two bytes (RFC 1035, section 4.2.2). */
export const dnsOverTcp: Classifier = {
  name: 'dns-tcp',
  transport: 'tcp',
  classify({ client, server }) {
    if (server.port !== 53) return 'no';
    if (client.stream.length < 2) return 'more';
    const message = new Reader(client.stream).vector(2);
    return message ? findingIn(message, 'DNS') : 'more';
  },
};

function nameFor(...ports: readonly number[]): string {
  if (ports.includes(MDNS)) return 'MDNS';
  return ports.includes(LLMNR) ? 'LLMNR' : 'DNS';
}

/** RFC 1035, section 4.1. */
function findingIn(message: Uint8Array, application: string): Finding | 'no' {
  const reader = new Reader(message);
  reader.bytes(2);
  const flags = reader.number(2);
  const [questions = 0, answers = 0] = [reader.number(2), reader.number(2)];
  if (flags === undefined || message.length < HEADER) return 'no';
  const opcode = (flags >> 11) & 15;
  const isAnswer = (flags & ANSWER) !== 0;
  if (opcode > 5 || questions > 16 || (questions === 0 && answers === 0 && !isAnswer)) return 'no';
  const server = questions > 0 ? nameAt(message, HEADER) : undefined;
  if (questions > 0 && server === undefined) return 'no';
  return { application, category: 'Network', ...(server !== undefined && server !== '' && { server }) };
}

/** Not compressed: it is the first one. */
function nameAt(message: Uint8Array, at: number): string | undefined {
  const reader = new Reader(message, at);
  const labels: string[] = [];
  for (let length = reader.number(1); length !== 0; length = reader.number(1)) {
    const label = length !== undefined && length < 64 ? reader.bytes(length) : undefined;
    if (!label || labels.length > 127) return undefined;
    labels.push(ascii(label).toLowerCase());
  }
  return reader.left >= 4 ? labels.join('.') : undefined;
}
