// Asks an agent of SNMP, in the version that the configuration has.
import { isIp4, type Sockets } from '@twinpath/vnf';
import type { Target } from '../checks/target.ts';
import { CommunityConversation } from './community.ts';
import type { User } from './config.ts';
import type { Question, Values } from './pdu.ts';
import { UserConversation } from './user.ts';

/** What both sides say, one after the other. */
export interface Conversation {
  readonly opening: Uint8Array;
  /** The answer, or what is said next; `undefined`: it is about something else. @throws BerError, Error */
  hear(message: Uint8Array): Values | Uint8Array | undefined;
}

/** A user: version 3. A community: version 2c. */
export interface Asking {
  readonly community: string;
  readonly user?: User | undefined;
}

/** @throws Error nobody answered in time, or not as SNMP does */
export function askAgent(
  sockets: Sockets,
  { address, port, signal }: Target,
  { community, user }: Asking,
  question: Question,
): Promise<Values> {
  const id = Math.floor(Math.random() * 0x7fff_ffff);
  const conversation = user
    ? new UserConversation(user, question, id)
    : new CommunityConversation(community, question, id);
  const socket = sockets.udp(isIp4(address) ? 4 : 6);
  const answered = new Promise<Values>((resolve, reject) => {
    const late = () => reject(new Error('the agent did not answer in time'));
    if (signal.aborted) late();
    signal.addEventListener('abort', late, { once: true });
    const say = (message: Uint8Array) =>
      socket.send(message, port, address, (error) => {
        if (error) reject(error);
      });
    socket.on('error', reject);
    socket.on('message', (message, from) => {
      if (from.port !== port) return;
      try {
        const heard = conversation.hear(message);
        if (heard instanceof Uint8Array) say(heard);
        else if (heard) resolve(heard);
      } catch (error) {
        reject(error);
      }
    });
    say(conversation.opening);
  });
  return answered.finally(() => socket.close());
}
