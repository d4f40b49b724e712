import { describe, expect, it } from 'vitest';
import { parseBitRate } from './bit-rate.ts';
import { duration, parseDuration } from './duration.ts';
import { parseRate } from './rate.ts';

describe('duration', () => {
  it.each([
    ['1 ns', 1],
    ['300 ms', 3e8],
    ['1.5 s', 1.5e9],
    ['5 min', 3e11],
    ['2 h', 7.2e12],
    ['1 d', 8.64e13],
  ] as const)('reads %s', (text, nanoseconds) => {
    expect(duration(text)).toBe(nanoseconds);
  });

  it.each(['5', '5 minutes', '5min', '-1 s', '', '1e3 s'])("refuses '%s', saying how to write it", (text) => {
    expect(() => parseDuration(text, 'here')).toThrow(`here: '${text}' is not a duration`);
  });

  it('refuses what a number cannot hold', () => {
    expect(() => duration('105 d')).toThrow('longer than 104 days');
  });
});

describe('rates', () => {
  it('reads events per second', () => {
    expect(parseRate('1000/s', 'here')).toBe(1000);
    expect(() => parseRate('1000', 'here')).toThrow("here: '1000' is not a rate");
    expect(() => parseRate('0/s', 'here')).toThrow('not within 1 and');
  });

  it('reads bits per second', () => {
    expect(parseBitRate('100 Mbit/s', 'here')).toBe(1e8);
    expect(parseBitRate('1.5 Gbit/s', 'here')).toBe(1.5e9);
    expect(parseBitRate('8 bit/s', 'here')).toBe(8);
    expect(() => parseBitRate('100 MB/s', 'here')).toThrow("'100 MB/s' is not a rate of bits");
  });
});
