import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcpStream } from './tcp-stream.ts';

const MAX = 64;
const text = ({ bytes }: TcpStream) => Buffer.from(bytes).toString();
const bytes = (said: string) => Buffer.from(said);

describe('a stream', () => {
  it('begins behind its SYN, whatever comes first', () => {
    const stream = new TcpStream(MAX);
    stream.syn(99);
    expect(stream.add(103, bytes('def'))).toBe(false);
    expect(stream.add(100, bytes('abc'))).toBe(true);
    expect(text(stream)).toBe('abcdef');
  });
  it('begins with the first segment where no SYN was seen', () => {
    const stream = new TcpStream(MAX);
    stream.add(100, bytes('abc'));
    stream.add(97, bytes('xyz'));
    expect(text(stream)).toBe('abc');
  });
  it('goes on behind 2³² − 1', () => {
    const stream = new TcpStream(MAX);
    stream.syn(0xffff_fffd);
    stream.add(0, bytes('cd'));
    stream.add(0xffff_fffe, bytes('ab'));
    expect(text(stream)).toBe('abcd');
  });
  it('keeps what it has heard first of bytes that come twice', () => {
    const stream = new TcpStream(MAX);
    stream.syn(0);
    stream.add(1, bytes('abc'));
    stream.add(2, bytes('XXd'));
    expect(text(stream)).toBe('abcd');
  });
  it('keeps no more than it may', () => {
    const stream = new TcpStream(MAX);
    stream.syn(0);
    stream.add(1, Buffer.alloc(MAX + 10, 'a'));
    stream.add(MAX + 1, bytes('b'));
    expect(text(stream)).toBe('a'.repeat(MAX));
  });

  it('is the same in whatever pieces and order it comes, twice or not', () => {
    const said = 'abcdefghijklmnopqrstuvwxyz0123456789';
    const piece = fc.record({ at: fc.nat(said.length - 1), length: fc.integer({ min: 1, max: 9 }) });
    const start = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(fc.array(piece), start, fc.nat(), (pieces, sequence, turn) => {
        const whole = Array.from({ length: 12 }, (_, index) => ({ at: 3 * index, length: 3 }));
        const mixed = [...pieces, ...whole].toSorted((a, b) => ((a.at * 7 + turn) % 13) - ((b.at * 7 + turn) % 13));
        const stream = new TcpStream(MAX);
        stream.syn(sequence);
        for (const { at, length } of mixed) {
          stream.add((sequence + 1 + at) >>> 0, bytes(said.slice(at, at + length)));
        }
        // Segments that are refused for want of room come again.
        for (const { at, length } of whole) stream.add((sequence + 1 + at) >>> 0, bytes(said.slice(at, at + length)));
        expect(text(stream)).toBe(said);
      }),
    );
  });
});
