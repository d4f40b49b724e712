// Protocol data units of SNMP (RFC 3416): questions about values, and answers. All versions from 2c on carry the same.
import { encode, integer, oid, Reader, TAG, toInteger, toOid, toUnsigned } from './ber.ts';

const PDU = { get: 0xa0, response: 0xa2, getBulk: 0xa5, report: 0xa8 } as const;

export interface Question {
  readonly oids: readonly string[];
  /** So many successors of each; left out: the values themselves. */
  readonly successors?: number;
}
/** By OID; `undefined`: there is no such object, or no further one. */
export type Values = ReadonlyMap<string, number | string | undefined>;

export interface Answer {
  readonly id: number;
  /** It says why there is no answer. */
  readonly isReport: boolean;
  readonly values: Values;
}

export function encodeQuestion(id: number, { oids, successors }: Question): Uint8Array {
  const names = oids.map((name) => encode(TAG.sequence, oid(name), encode(TAG.null)));
  const asked = [integer(id), integer(0), integer(successors ?? 0), encode(TAG.sequence, ...names)];
  return encode(successors === undefined ? PDU.get : PDU.getBulk, ...asked);
}

/** @throws BerError it is no answer; Error the agent refused */
export function decodeAnswer(message: Reader): Answer {
  const { tag, contents } = message.next([PDU.response, PDU.report]);
  const pdu = new Reader(contents);
  const id = toInteger(pdu.expect(TAG.integer));
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
  return { id, isReport: tag === PDU.report, values };
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
    case TAG.oid:
      return toOid(contents);
    default:
      return undefined;
  }
}
