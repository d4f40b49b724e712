// SNMP version 3 with the user-based security model (RFC 3412, RFC 3414). The agent first says who it is and what its clock shows.
import { randomInt, timingSafeEqual } from 'node:crypto';
import { BerError, encode, integer, Reader, TAG, toInteger } from './ber.ts';
import type { User } from './config.ts';
import { type Answer, decodeAnswer, encodeQuestion, type Question, type Values } from './pdu.ts';
import type { Conversation } from './snmp.ts';
import { digest, digestBytes, type EngineTime, hide, localKey, reveal } from './usm.ts';

const VERSION_3 = 3;
const USER_BASED = 3;
const MOST_BYTES = 65_507;
const FLAG = { auth: 1, privacy: 2, reportable: 4 } as const;
const NOBODY: User = { name: '' };
const NOT_KNOWN = { engine: new Uint8Array(), boots: 0, time: 0 };

/** usmStats, RFC 3414, section 5: why an agent gives no answer. */
const STATISTICS = '1.3.6.1.6.3.15.1.1.';
const [NOT_IN_TIME, UNKNOWN_ENGINE] = [`${STATISTICS}2.0`, `${STATISTICS}4.0`];
const REASONS: Readonly<Record<string, string>> = {
  [`${STATISTICS}1.0`]: 'it does not speak with this user so securely, or so insecurely',
  [NOT_IN_TIME]: 'its clock does not go as it says',
  [`${STATISTICS}3.0`]: 'it does not know the user',
  [UNKNOWN_ENGINE]: 'it does not know itself',
  [`${STATISTICS}5.0`]: 'the password or the protocol of authentication is another one',
  [`${STATISTICS}6.0`]: 'the password or the protocol of privacy is another one',
};
/** Who it is, what its clock shows if it did not say so at once, and the answer. */
const MOST_QUESTIONS = 3;

interface Agent extends EngineTime {
  readonly engine: Uint8Array;
}

export class UserConversation implements Conversation {
  readonly #user: User;
  readonly #question: Question;
  readonly #id: number;
  #message = randomInt(0x7fff_ffff);
  #asked = 1;
  readonly opening: Uint8Array;

  constructor(user: User, question: Question, id: number) {
    this.#user = user;
    this.#question = question;
    this.#id = id;
    this.opening = this.#seal(NOBODY, NOT_KNOWN, { oids: [] });
  }

  hear(message: Uint8Array): Values | Uint8Array | undefined {
    const opened = open(message, this.#user, this.#message);
    if (!opened) return undefined;
    const { agent, answer } = opened;
    if (!answer.isReport) {
      if (!opened.isProved) throw new Error('the answer is not proved');
      return answer.id === this.#id ? answer.values : undefined;
    }
    const [why = ''] = answer.values.keys();
    // Anybody may say who the agent is; what its clock shows must be proved, where anything is.
    const isHelp = why === UNKNOWN_ENGINE || (why === NOT_IN_TIME && opened.isProved);
    if (!isHelp || this.#asked === MOST_QUESTIONS) {
      throw new Error(`the agent refuses: ${REASONS[why] ?? why}`);
    }
    this.#asked += 1;
    this.#message = (this.#message + 1) % 0x7fff_ffff;
    return this.#seal(this.#user, agent, this.#question);
  }

  #seal(user: User, agent: Agent, question: Question): Uint8Array {
    const { auth, privacy } = user;
    const asked = encodeQuestion(this.#id, question);
    const plain = encode(TAG.sequence, encode(TAG.octets, agent.engine), encode(TAG.octets), asked);
    const hidden = auth && privacy && hide(localKey(auth.protocol, privacy.password, agent.engine), agent, plain);
    const flags = FLAG.reportable | (auth ? FLAG.auth : 0) | (hidden ? FLAG.privacy : 0);
    const header = encode(
      TAG.sequence,
      integer(this.#message),
      integer(MOST_BYTES),
      encode(TAG.octets, Uint8Array.of(flags)),
      integer(USER_BASED),
    );
    const whole = (proof: Uint8Array) =>
      encode(
        TAG.sequence,
        integer(VERSION_3),
        header,
        encode(TAG.octets, security(user.name, agent, proof, hidden?.salt)),
        hidden ? encode(TAG.octets, hidden.contents) : plain,
      );
    if (!auth) return whole(new Uint8Array());
    const unproved = whole(new Uint8Array(digestBytes(auth.protocol)));
    return whole(digest(auth.protocol, localKey(auth.protocol, auth.password, agent.engine), unproved));
  }
}

function security(
  name: string,
  { engine, boots, time }: Agent,
  proof: Uint8Array,
  salt: Uint8Array = new Uint8Array(),
) {
  const [agent, user] = [encode(TAG.octets, engine), encode(TAG.octets, Buffer.from(name))];
  return encode(
    TAG.sequence,
    agent,
    integer(boots),
    integer(time),
    user,
    encode(TAG.octets, proof),
    encode(TAG.octets, salt),
  );
}

interface Opened {
  readonly agent: Agent;
  /** As the user wants it; it has nothing to be proved where the user has no password. */
  readonly isProved: boolean;
  readonly answer: Answer;
}

/** `undefined`: it answers another message. @throws BerError it is no message of version 3; Error a proof is wrong */
function open(message: Uint8Array, { auth, privacy }: User, wanted: number): Opened | undefined {
  const outer = new Reader(new Reader(message).expect(TAG.sequence));
  if (toInteger(outer.expect(TAG.integer)) !== VERSION_3) throw new BerError('it is no message of SNMPv3');
  const header = new Reader(outer.expect(TAG.sequence));
  if (toInteger(header.expect(TAG.integer)) !== wanted) return undefined;
  header.expect(TAG.integer);
  const [flags = 0] = header.expect(TAG.octets);
  const parameters = new Reader(new Reader(outer.expect(TAG.octets)).expect(TAG.sequence));
  const engine = parameters.expect(TAG.octets);
  const [boots, time] = [toInteger(parameters.expect(TAG.integer)), toInteger(parameters.expect(TAG.integer))];
  parameters.expect(TAG.octets);
  const proof = parameters.expect(TAG.octets);
  const salt = parameters.expect(TAG.octets);
  const agent = { engine, boots, time };

  const isSigned = (flags & FLAG.auth) !== 0 && auth !== undefined;
  if (isSigned) {
    const key = localKey(auth.protocol, auth.password, engine);
    const right = digest(auth.protocol, key, without(message, proof));
    if (proof.length !== right.length || !timingSafeEqual(proof, right)) throw new Error('the proof is wrong');
  }
  const isHidden = (flags & FLAG.privacy) !== 0;
  if (isHidden && !(isSigned && privacy)) throw new BerError('it is hidden from this user');
  const plain =
    isHidden && auth && privacy
      ? reveal(localKey(auth.protocol, privacy.password, engine), agent, { salt, contents: outer.expect(TAG.octets) })
      : undefined;
  const scoped = new Reader((plain ? new Reader(plain) : outer).expect(TAG.sequence));
  scoped.expect(TAG.octets);
  scoped.expect(TAG.octets);
  const isProved = isSigned === (auth !== undefined) && (isHidden || privacy === undefined);
  return { agent, isProved, answer: decodeAnswer(scoped) };
}

/** The message with zeros for the proof, which is a part of it. */
function without(message: Uint8Array, proof: Uint8Array): Uint8Array {
  return Uint8Array.from(message).fill(
    0,
    proof.byteOffset - message.byteOffset,
    proof.byteOffset - message.byteOffset + proof.length,
  );
}
