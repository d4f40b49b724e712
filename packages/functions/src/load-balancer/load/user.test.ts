import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, integer, oid, Reader, TAG, toInteger } from './ber.ts';
import { UserConversation } from './user.ts';

const RESPONSE = 0xa2;
const REPORT = 0xa8;
const NAME = '1.3.6.1.4.1.2021.10.1.5.1';
const user = { name: 'twin', auth: { protocol: 'sha256' as const, password: 'correct horse' } };
const begin = () => new UserConversation(user, { oids: [NAME] }, 7);

function messageNumber({ opening }: UserConversation): number {
  const outer = new Reader(new Reader(opening).expect(TAG.sequence));
  outer.expect(TAG.integer);
  return toInteger(new Reader(outer.expect(TAG.sequence)).expect(TAG.integer));
}

/** What anybody can send: nothing proves it. */
function forged(conversation: UserConversation, tag: number, name: string): Uint8Array {
  const octets = (bytes: Uint8Array = new Uint8Array()) => encode(TAG.octets, bytes);
  const value = encode(TAG.sequence, encode(TAG.sequence, oid(name), integer(1)));
  const pdu = encode(tag, integer(7), integer(0), integer(0), value);
  const agent = octets(Uint8Array.of(1, 2, 3, 4, 5));
  const clock = [integer(3), integer(70_000)];
  return encode(
    TAG.sequence,
    integer(3),
    encode(TAG.sequence, integer(messageNumber(conversation)), integer(65_507), octets(Uint8Array.of(0)), integer(3)),
    octets(encode(TAG.sequence, agent, ...clock, octets(), octets(), octets())),
    encode(TAG.sequence, agent, octets(), pdu),
  );
}

test('an answer that nothing proves is not believed', () => {
  const conversation = begin();
  expect(() => conversation.hear(forged(conversation, RESPONSE, NAME))).toThrow('not proved');
});

test('who the agent is may be heard of anybody, and the question follows, three times at most', () => {
  const conversation = begin();
  const unknown = forged(conversation, REPORT, '1.3.6.1.6.3.15.1.1.4.0');
  expect(conversation.hear(unknown)).toBeInstanceOf(Uint8Array);
  // It is an answer to the message before.
  expect(conversation.hear(unknown)).toBeUndefined();
});

test('a clock that nothing proves, and reasons to refuse, end the conversation', () => {
  const late = begin();
  expect(() => late.hear(forged(late, REPORT, '1.3.6.1.6.3.15.1.1.2.0'))).toThrow('its clock');
  const stranger = begin();
  expect(() => stranger.hear(forged(stranger, REPORT, '1.3.6.1.6.3.15.1.1.3.0'))).toThrow('does not know the user');
});

test('whatever comes is an error or passed over, and never an answer', () => {
  const conversation = begin();
  const good = forged(conversation, RESPONSE, NAME);
  const index = fc.nat({ max: good.length - 1 });
  fc.assert(
    fc.property(index, fc.nat({ max: 255 }), index, (at, byte, length) => {
      const bad = Uint8Array.from(good.with(at, byte).subarray(0, length + 1));
      try {
        expect(conversation.hear(bad)).toBeUndefined();
      } catch (error) {
        expect(String(error)).toMatch(/BerError|not proved|the agent|the proof/);
      }
    }),
    { numRuns: 500 },
  );
});
