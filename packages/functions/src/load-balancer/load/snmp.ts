// SNMP version 2c (RFC 1901, RFC 3416): questions about loads, and their answers.
import { isIp4, type Sockets } from '@twinpath/vnf';
import type { Target } from '../checks/target.ts';
import { BerError, encode, integer, oid, Reader, TAG, toInteger, toOid, toUnsigned } from './ber.ts';

const VERSION_2C = 1;
const PDU = { get: 0xa0, response: 0xa2, getBulk: 0xa5 } as const;

export interface Question {
  readonly id: number;
  readonly community: string;
  readonly oids: readonly string[];
  /** So many successors of each; left out: the values themselves. */
  readonly successors?: number;
}
/** By OID; `undefined`: there is no such object, or no further one. */
export type Values = ReadonlyMap<string, number | string | undefined>;

export function encodeQuestion({ id, community, oids, successors }: Question): Uint8Array {
  const names = oids.map((name) => encode(TAG.sequence, oid(name), encode(TAG.null)));
  const pdu = successors === undefined ? PDU.get : PDU.getBulk;
  const asked = [integer(id), integer(0), integer(successors ?? 0), encode(TAG.sequence, ...names)];
  return encode(TAG.sequence, integer(VERSION_2C), encode(TAG.octets, Buffer.from(community)), encode(pdu, ...asked));
}

/** `undefined`: it answers another question. @throws BerError it is no answer; Error the agent refused */
export function decodeAnswer(message: Uint8Array, id: number): Values | undefined {
  const outer = new Reader(new Reader(message).expect(TAG.sequence));
  if (toInteger(outer.expect(TAG.integer)) !== VERSION_2C) throw new BerError('it is no message of SNMPv2c');
  outer.expect(TAG.octets);
  const pdu = new Reader(outer.expect(PDU.response));
  if (toInteger(pdu.expect(TAG.integer)) !== id) return undefined;
  const status = toInteger(pdu.expect(TAG.integer));
  pdu.expect(TAG.integer);
  if (status !== 0) throw new Error(`the agent answered with error ${status}`);
  const bindings = new Reader(pdu.expect(TAG.sequence));
  const values = new Map<string, number | string | undefined>();
  while (!bindings.isAtEnd) {
    const binding = new Reader(bindings.expect(TAG.sequence));
    const name = toOid(binding.expect(TAG.oid));
    values.set(name, typedValue(binding.next()));
  }
  return values;
}

function typedValue({ tag, contents }: ReturnType<Reader['next']>): number | string | undefined {
  switch (tag) {
    case TAG.integer:
      return toInteger(contents);
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeTicks:
    case TAG.counter64:
      return toUnsigned(contents);
    case TAG.octets:
      return Buffer.from(contents).toString('latin1');
    default:
      return undefined;
  }
}

/** @throws Error nobody answered in time, or not as SNMP does */
export function askAgent(
  sockets: Sockets,
  { address, port, signal }: Target,
  question: Omit<Question, 'id'>,
): Promise<Values> {
  const id = Math.floor(Math.random() * 0x7fff_ffff);
  const socket = sockets.udp(isIp4(address) ? 4 : 6);
  const answered = new Promise<Values>((resolve, reject) => {
    const late = () => reject(new Error('the agent did not answer in time'));
    if (signal.aborted) late();
    signal.addEventListener('abort', late, { once: true });
    socket.on('error', reject);
    socket.on('message', (message, from) => {
      if (from.port !== port) return;
      try {
        const values = decodeAnswer(message, id);
        if (values) resolve(values);
      } catch (error) {
        reject(error);
      }
    });
    socket.send(encodeQuestion({ ...question, id }), port, address, (error) => {
      if (error) reject(error);
    });
  });
  return answered.finally(() => socket.close());
}
