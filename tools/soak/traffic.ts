// Sends packets of many kinds, damaged at random, out of interfaces until it is ended. Arguments: the namespace, packets a second
// for each interface, the seed, the interfaces.
import { PacketSocket } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';

const [namespace = '', rate = '', seed = '', ...links] = process.argv.slice(2);

const TICK_MS = 5;
const SHORTEST = 14;
const LONGEST = 1514;
const kinds = [
  'ip 10.0.0.1 > 10.0.0.2 / udp 1000 > 53',
  'ip 10.0.0.1 > 10.0.0.2 / tcp 1000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / udp 1000 > 53',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / udp 1000 > 53',
  'arp who-has 10.0.0.2 tell 10.0.0.1',
].map((text) => packetFromText(text));

let state = Number(seed) || 1;
/** A whole number below `limit` (xorshift32). */
function random(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

/** A packet with another length, and some bytes that are not what they were. */
function mutated(): Uint8Array {
  const kind = kinds[random(kinds.length)] ?? new Uint8Array(SHORTEST);
  const length = random(4) === 0 ? SHORTEST + random(LONGEST - SHORTEST) : Math.max(SHORTEST, kind.length - random(4));
  const bytes = new Uint8Array(length);
  bytes.set(kind.subarray(0, length));
  for (let changes = random(5); changes > 0; changes--) bytes[random(length)] = random(256);
  return bytes;
}

const sockets = links.map((link) => new PacketSocket({ link, namespace }));
let [sent, start] = [0, performance.now()];
setInterval(() => {
  const due = Math.min(((performance.now() - start) / 1000) * Number(rate) - sent, 1024);
  if (due < 1) return;
  const packets = Array.from({ length: due }, mutated);
  for (const socket of sockets) socket.sendBatch(packets);
  sent += due;
  // What was missed while others had the processor is not caught up with.
  if (performance.now() - start > 1000) [sent, start] = [0, performance.now()];
}, TICK_MS);
