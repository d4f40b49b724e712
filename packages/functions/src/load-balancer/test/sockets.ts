// What backends answer, without a network: each way of asking says that it is not there until a test gives it.
import { createSocket } from 'node:dgram';
import { Socket } from 'node:net';
import type { Sockets } from '@twinpath/vnf';

const AGENT = { address: '10.0.0.1', family: 'IPv4' } as const;

export function socketsWith(given: Partial<Sockets>): Sockets {
  const refuse = async () => {
    throw new Error('ECONNREFUSED');
  };
  const refused = () => {
    const socket = new Socket();
    queueMicrotask(() => socket.emit('error', new Error('ECONNREFUSED')));
    return socket;
  };
  return { connect: refused, udp: () => answering(() => []), fetch: refuse, echo: async () => undefined, ...given };
}

/** A UDP socket that never touches a network: whoever is asked answers with these messages. */
export function answering(answers: (question: Buffer) => readonly Buffer[], from = 53) {
  const socket = createSocket('udp4');
  const send = (question: Uint8Array) => {
    for (const answer of answers(Buffer.from(question))) {
      queueMicrotask(() => socket.emit('message', answer, { ...AGENT, port: from, size: answer.length }));
    }
  };
  return Object.assign(socket, { send });
}
