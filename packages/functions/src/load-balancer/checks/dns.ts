// One question to a name server (RFC 1035, section 4).
import { isIp4, type Sockets } from '@twinpath/vnf';
import type { Target } from './target.ts';

const HEADER = 12;
const RECURSION_DESIRED = 0x0100;
const [TYPE_A, CLASS_IN] = [1, 1];
const RESPONSE = 0x8000;
const RCODE = 0x000f;

/** The server answers, and not with an error. */
export function answersName(sockets: Sockets, { address, port, signal }: Target, name: string): Promise<boolean> {
  const id = Math.floor(Math.random() * 0x1_0000);
  const socket = sockets.udp(isIp4(address) ? 4 : 6);
  const answered = new Promise<boolean>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
    socket.on('error', () => resolve(false));
    socket.on('message', (message, from) => {
      if (from.port === port && isAnswer(message, id)) resolve((message.readUInt16BE(2) & RCODE) === 0);
    });
    socket.send(question(id, name), port, address, (error) => {
      if (error) resolve(false);
    });
  });
  return answered.finally(() => socket.close());
}

function isAnswer(message: Buffer, id: number): boolean {
  return message.length >= HEADER && message.readUInt16BE(0) === id && (message.readUInt16BE(2) & RESPONSE) !== 0;
}

/** @throws RangeError a label of the name is empty or longer than 63 bytes */
export function question(id: number, name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.');
  const coded = labels.map((label) => {
    if (label.length < 1 || label.length > 63) throw new RangeError(`'${name}' is no name for DNS`);
    return Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'ascii')]);
  });
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, ...coded, Buffer.of(0, 0, TYPE_A, 0, CLASS_IN)]);
}
