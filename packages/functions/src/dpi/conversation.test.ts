import { packetFromText } from '@twinpath/packet';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { builtIn } from './classifiers/index.ts';
import { Conversation } from './conversation.ts';
import { segmentOf } from './segment.ts';
import { conversations } from './test/conversations.ts';

const key = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2, protocol: 'tcp', vlan: 0 } as const;

it('reads a segment where options of IP and TCP shift what is behind them', () => {
  const frame = packetFromText(
    'ip 10.0.0.1 > 10.0.0.2 options router-alert / tcp 1 > 2 psh ack sequence 7 options mss 1460 / "abc"',
  );
  const segment = segmentOf(frame);
  expect(Buffer.from(segment?.payload ?? []).toString()).toBe('abc');
  expect(segment).toMatchObject({ sequence: 7, isSyn: false, isFin: false, hasPayload: true });
  expect(segment?.ip[0]).toBe(0x46);
});

it('takes the end of the datagram for the end, not that of the frame', () => {
  const frame = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / "abc" / trailer hex ffffffff');
  expect(Buffer.from(segmentOf(frame)?.payload ?? []).toString()).toBe('abc');
});

it('never throws on frames of strangers, whole or damaged', async () => {
  const frames = await conversations();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255), fc.nat()), { maxLength: 20 }), (changes) => {
      const conversation = new Conversation(1, key, 0, builtIn);
      for (const [which, place, value, end] of changes) {
        const frame = Uint8Array.from(frames[which % frames.length] ?? []);
        frame[place % frame.length] = value;
        const segment = segmentOf(frame.subarray(0, end % (frame.length + 1)));
        if (segment) conversation.hear(segment, 0);
        conversation.ask();
      }
    }),
  );
});

it('is over when both ends have closed, or one has reset', () => {
  const segment = (text: string) => {
    const found = segmentOf(packetFromText(text));
    if (!found) throw new Error(text);
    return found;
  };
  const [there, back] = ['ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2', 'ip 10.0.0.2 > 10.0.0.1 / tcp 2 > 1'];
  const isOverBehind = (...texts: string[]) => {
    const conversation = new Conversation(1, key, 0, builtIn);
    for (const text of texts) conversation.hear(segment(text), 0);
    return conversation.isOver;
  };
  expect(isOverBehind(`${there} fin ack`, `${there} fin ack`)).toBe(false);
  expect(isOverBehind(`${there} fin ack`, `${back} fin ack`)).toBe(true);
  expect(isOverBehind(`${back} rst`)).toBe(true);
});
