import {
  canonicalIp,
  canonicalMac,
  canonicalPrefix,
  formatPortRange,
  type Ip,
  type Ip4,
  type Ip6,
  isIp4,
  type Mac,
  type Prefix,
  parsePortRange,
} from '@twinpath/packet';
import { type ZodPrefault, type ZodType, z } from 'zod';
import { type BitRate, parseBitRate } from '../functions/bit-rate.ts';
import { type Duration, parseDuration } from '../functions/duration.ts';
import type { u16 } from '../types/integers.ts';
import { converted, shown } from './issue.ts';

const PORTS = 'give a whole number from 0 to 65535';

/** zod schemas of network values, for configuration. Addresses come out in their one form, so that `===` is equality. */
export const net = Object.freeze({
  ip: (): ZodType<Ip, string> => text('an IP address', canonicalIp),
  ip4: (): ZodType<Ip4, string> => text('an IPv4 address', canonicalIp4),
  ip6: (): ZodType<Ip6, string> => text('an IPv6 address', canonicalIp6),
  prefix: (): ZodType<Prefix, string> => text("a network such as '192.0.2.0/24'", canonicalPrefix),
  mac: (): ZodType<Mac, string> => text('a MAC address', canonicalMac),
  portNumber(): ZodType<u16, number> {
    const error = ({ input }: { readonly input?: unknown }) => `${shown(input)} is not a port: ${PORTS}`;
    return z.int({ error }).min(0, { error }).max(65_535, { error });
  },
  portRange(): ZodType<u16 | `${number}-${number}`, string | number> {
    const given = z.union([z.number(), z.string()], {
      error: ({ input }) => `${shown(input)} is not a port or a range of ports: write 443 or '8000-8999'`,
    });
    return given.transform(converted((range) => formatPortRange(parsePortRange(range))));
  },
  duration,
  /** Bits per second from `'100 Mbit/s'`. */
  bitRate(): ZodType<number, BitRate> {
    const given = z.templateLiteral([z.number(), ' ', z.enum(['', 'k', 'M', 'G']), 'bit/s'], {
      error: ({ input }) => `${shown(input)} is not a rate of bits: write '100 Mbit/s', '64 kbit/s' or '1.5 Gbit/s'`,
    });
    return given.transform(converted((rate) => parseBitRate(rate, 'bitRate()')));
  },
});

/** Nanoseconds from `'30 s'`. */
function duration(): ZodType<number, Duration>;
function duration(byDefault: Duration): ZodPrefault<ZodType<number, Duration>>;
function duration(byDefault?: Duration): ZodType<number, Duration> | ZodPrefault<ZodType<number, Duration>> {
  const given = z.templateLiteral([z.number(), ' ', z.enum(['ns', 'us', 'ms', 's', 'min', 'h', 'd'])], {
    error: ({ input }) => `${shown(input)} is not a duration: write '300 ms', '30 s' or '5 min'`,
  });
  const schema: ZodType<number, Duration> = given.transform(converted((time) => parseDuration(time, 'duration()')));
  return byDefault === undefined ? schema : z.prefault(schema, byDefault);
}

function text(what: string, canonical: (given: string) => string): ZodType<string, string> {
  const given = z.string({ error: ({ input }) => `${shown(input)} is not ${what}: write it as a text` });
  return given.transform(converted(canonical));
}

function canonicalIp4(given: string): string {
  if (isIp4(given)) return canonicalIp(given);
  throw new RangeError(`'${canonicalIp(given)}' is an IPv6 address; an IPv4 address is wanted here`);
}

function canonicalIp6(given: string): string {
  if (!isIp4(given)) return canonicalIp(given);
  throw new RangeError(`'${canonicalIp(given)}' is an IPv4 address; an IPv6 address is wanted here`);
}
