import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { net } from './net.ts';

const messageOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message;

describe('net', () => {
  it('gives addresses in their one form', () => {
    expect(net.ip().parse('2001:DB8:0::1')).toBe('2001:db8::1');
    expect(net.prefix().parse('2001:DB8::/32')).toBe('2001:db8::/32');
    expect(net.mac().parse('02:00:00:00:00:0A')).toBe('02:00:00:00:00:0a');
    expect(net.ip4().parse('192.0.2.1')).toBe('192.0.2.1');
    expect(net.ip6().parse('::1')).toBe('::1');
  });

  it('reads ports, durations and rates', () => {
    expect(net.portNumber().parse(443)).toBe(443);
    expect(net.portRange().parse('8000-8999')).toBe('8000-8999');
    expect(net.portRange().parse('443')).toBe(443);
    expect(net.duration().parse('30 s')).toBe(3e10);
    expect(net.bitRate().parse('100 Mbit/s')).toBe(1e8);
    expect(z.object({ every: net.duration('2 s') }).parse({})).toEqual({ every: 2e9 });
  });

  it.each([
    [
      net.ip(),
      '10.0.0.300',
      "'10.0.0.300' is not an IPv4 address: '300' is no number from 0 to 255; write four decimal",
    ],
    [net.ip(), 5, '5 is not an IP address: write it as a text'],
    [net.ip4(), '::1', "'::1' is an IPv6 address; an IPv4 address is wanted here"],
    [net.ip6(), '10.0.0.1', "'10.0.0.1' is an IPv4 address; an IPv6 address is wanted here"],
    [net.prefix(), '10.0.0.1/8', "did you mean '10.0.0.0/8'?"],
    [net.prefix(), '10.0.0.0', "it has not exactly one '/'"],
    [net.mac(), '02:00', 'it has 2 of 6 parts'],
    [net.portNumber(), 70_000, '70000 is not a port: give a whole number from 0 to 65535'],
    [net.portNumber(), '80', "'80' is not a port"],
    [net.portRange(), '9-8', 'it ends before it begins'],
    [net.portRange(), null, "null is not a port or a range of ports: write 443 or '8000-8999'"],
    [net.duration(), '30', "'30' is not a duration: write '300 ms', '30 s' or '5 min'"],
    [net.duration(), '-1 s', "'-1 s' is not a duration"],
    [net.bitRate(), '10 MB/s', "'10 MB/s' is not a rate of bits: write '100 Mbit/s'"],
    [net.ip(), undefined, 'nothing is not an IP address'],
  ])('says what is wrong with a value and what is right (%#)', (schema, value, message) => {
    expect(messageOf(schema, value)).toContain(message);
  });

  it('describes its input as JSON Schema, defaults included', () => {
    const schema = z.object({ every: net.duration('2 s'), via: net.ip().optional(), port: net.portNumber() });
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({
      required: ['port'],
      properties: {
        every: { default: '2 s', type: 'string' },
        via: { type: 'string' },
        port: { minimum: 0, maximum: 65_535 },
      },
    });
  });
});
