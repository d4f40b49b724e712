// What goes over the pipes between the process and its child, little endian. A message is the length of the rest (u32), and:
// from the parent, records of a header and a packet; from the child, a result for each flow that has something new, behind the
// number of the flow of each. The child's first message is text: who it is.

export interface Shown {
  /** The caller's number for the flow, 0 to 2³² − 1. */
  readonly flow: number;
  /** From the IP header on, at most 65,535 bytes are read. None: no packet, only what `then` says. */
  readonly packet?: Uint8Array;
  /** Milliseconds of any clock that does not go back. */
  readonly at: number;
  /** `decide`: there is no other packet, nDPI says what it can. `forget`: nobody wants to know any more. */
  readonly then?: 'decide' | 'forget';
}

/** What nDPI has found out, as numbers. */
export interface Finding {
  readonly flow: number;
  readonly application: number;
  /** What carries the application; 0: it is its own. */
  readonly protocol: number;
  readonly category: number;
  readonly isFinal: boolean;
  /** nDPI's `ndpi_risk`: bit n is risk n. Only of what is final. */
  readonly risks: bigint;
}

/** What nDPI says of a flow. */
export interface Verdict {
  readonly flow: number;
  /** nDPI's name, such as `YouTube`; `Unknown`. */
  readonly application: string;
  /** Of what carries it, such as `TLS`; the application itself where nothing does. */
  readonly protocol: string;
  readonly category: string;
  /** nDPI has forgotten the flow: what is shown of it from now on begins anew. */
  readonly isFinal: boolean;
  readonly risks: bigint;
}

export interface Hello {
  readonly revision: string;
  readonly applications: readonly string[];
  readonly categories: readonly string[];
  readonly risks: readonly string[];
}
export type Greeting = Hello | { readonly missing: string };

const LENGTH = 4;
const RECORD = 16;
const FINDING = 20;
const MAX_PACKET = 0xffff;
const THEN = ['', 'decide', 'forget'] as const;

/** Cuts a stream into messages. */
export class Messages {
  #rest: Uint8Array = new Uint8Array(0);

  /** The bodies of the messages that are complete with these bytes; they are good until the next call. */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (all.length >= LENGTH) {
      const length = viewOf(all).getUint32(0, true);
      if (all.length < LENGTH + length) break;
      yield all.subarray(LENGTH, LENGTH + length);
      all = all.subarray(LENGTH + length);
    }
    this.#rest = Uint8Array.from(all);
  }
}

export function message(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH + body.length);
  viewOf(bytes).setUint32(0, body.length, true);
  bytes.set(body, LENGTH);
  return bytes;
}

export function encodeShown(records: readonly Shown[]): Uint8Array {
  const lengths = records.map(({ packet }) => Math.min(packet?.length ?? 0, MAX_PACKET));
  const size = lengths.reduce((sum, length) => sum + RECORD + length, 0);
  const bytes = new Uint8Array(LENGTH + size);
  const view = viewOf(bytes);
  view.setUint32(0, size, true);
  let at = LENGTH;
  for (const [index, { flow, packet, at: time, then = '' }] of records.entries()) {
    const length = lengths[index] ?? 0;
    view.setUint8(at, THEN.indexOf(then));
    view.setUint16(at + 2, length, true);
    view.setUint32(at + 4, flow, true);
    view.setFloat64(at + 8, time, true);
    if (packet) bytes.set(packet.subarray(0, length), at + RECORD);
    at += RECORD + length;
  }
  return bytes;
}

export function* decodeShown(body: Uint8Array): Generator<Shown> {
  const view = viewOf(body);
  for (let at = 0; at < body.length; ) {
    const length = view.getUint16(at + 2, true);
    const flow = view.getUint32(at + 4, true);
    const packet = body.subarray(at + RECORD, at + RECORD + length);
    const then = THEN[view.getUint8(at)];
    yield { flow, at: view.getFloat64(at + 8, true), ...(length > 0 && { packet }), ...(then && { then }) };
    at += RECORD + length;
  }
}

export function encodeFindings(findings: readonly Finding[]): Uint8Array {
  const bytes = new Uint8Array(LENGTH + FINDING * findings.length);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length - LENGTH, true);
  for (const [index, { flow, application, protocol, category, isFinal, risks }] of findings.entries()) {
    const at = LENGTH + FINDING * index;
    view.setUint32(at, flow, true);
    view.setUint16(at + 4, application, true);
    view.setUint16(at + 6, protocol, true);
    view.setUint16(at + 8, category, true);
    view.setUint8(at + 10, isFinal ? 1 : 0);
    view.setBigUint64(at + 12, risks, true);
  }
  return bytes;
}

export function decodeFindings(body: Uint8Array): readonly Finding[] {
  const view = viewOf(body);
  return Array.from({ length: body.length / FINDING }, (_, index) => {
    const at = FINDING * index;
    return {
      flow: view.getUint32(at, true),
      application: view.getUint16(at + 4, true),
      protocol: view.getUint16(at + 6, true),
      category: view.getUint16(at + 8, true),
      isFinal: view.getUint8(at + 10) === 1,
      risks: view.getBigUint64(at + 12, true),
    };
  });
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);
