import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetlinkReader, NetlinkWriter } from './message.ts';

test('attributes of any length are read back as they were written', () => {
  const attribute = fc.tuple(fc.integer({ min: 1, max: 0x3fff }), fc.uint8Array({ maxLength: 700 }));
  fc.assert(
    fc.property(fc.uniqueArray(attribute, { selector: ([type]) => type, maxLength: 8 }), (attributes) => {
      const writer = new NetlinkWriter().u32(0);
      for (const [type, bytes] of attributes) writer.attribute(type, (w) => w.raw(bytes));
      const read = new NetlinkReader(writer.bytes).attributes(4);
      expect(writer.length % 4).toBe(0);
      expect([...read].map(([type, value]) => [type, value.bytes])).toEqual(attributes);
    }),
  );
});

test('attributes nest', () => {
  const writer = new NetlinkWriter().attribute(1, (outer) => outer.attribute(2, (inner) => inner.string('veth')));
  expect(new NetlinkReader(writer.bytes).attributes().get(1)?.attributes().get(2)?.string()).toBe('veth');
});

test('a truncated attribute ends the list instead of reading past the message', () => {
  const bytes = new NetlinkWriter()
    .attribute(1, (w) => w.u32(7))
    .u16(100)
    .u16(2).bytes;
  expect([...new NetlinkReader(bytes).attributes().keys()]).toEqual([1]);
});
