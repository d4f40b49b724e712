// SNMPv2c (RFC 3416): a GetRequest of community "public" for UCD-SNMP-MIB's laLoadInt.1, the load of one minute in hundredths.
const OID = [0x2b, 6, 1, 4, 1, 0x8f, 0x65, 10, 1, 5, 1];

const element = (tag: number, ...contents: readonly number[]) => [tag, contents.length, ...contents];
const binding = element(0x30, ...element(0x06, ...OID), ...element(0x05));
const request = element(0xa0, ...[1, 0, 0].flatMap((value) => element(0x02, value)), ...element(0x30, ...binding));

export const LOAD_QUESTION = Uint8Array.from(
  element(0x30, ...element(0x02, 1), ...element(0x04, ...Buffer.from('public')), ...request),
);

/** The load average; `undefined`: the answer says something else. It is an integer behind the name that was asked. */
export function loadIn(answer: Uint8Array): number | undefined {
  const at = Buffer.from(answer).indexOf(Buffer.from(OID)) + OID.length;
  const [tag, length = 0] = answer.subarray(at);
  if (at < OID.length || tag !== 0x02) return undefined;
  return answer.subarray(at + 2, at + 2 + length).reduce((value, byte) => 256 * value + byte, 0) / 100;
}
