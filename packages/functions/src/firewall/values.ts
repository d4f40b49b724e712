// Values of rules as people write them, and as the rest of the firewall reads them.
import { icmpTypeNumber, protocolName, protocolNumber } from '@twinpath/packet';
import { AddressError, duration, net, type Prefix, type Protocol } from '@twinpath/vnf';
import { type RefinementCtx, type ZodType, z } from 'zod';

/** One value or a list of them; a list of at least one comes out. `schemaOf`: what each is, if that depends on it. */
export function some<T, I>(
  schemaOf: ZodType<T, I> | ((given: unknown) => ZodType<T, I>),
): ZodType<readonly T[], I | readonly I[]> {
  return z.custom<I | readonly I[]>().transform((given, context) => {
    const isList = Array.isArray(given);
    const list: readonly unknown[] = isList ? given : [given];
    if (list.length === 0) context.addIssue('the list is empty, so that nothing could match; leave it out');
    return list.flatMap((one, index): T[] => {
      const parsed = (typeof schemaOf === 'function' ? schemaOf(one) : schemaOf).safeParse(one);
      if (parsed.success) return [parsed.data];
      const at = isList ? [index] : [];
      for (const issue of parsed.error.issues) context.addIssue({ ...issue, path: [...at, ...issue.path] });
      return [];
    });
  });
}

export const isIp4Network = (network: Prefix): boolean => !network.includes(':');

/** `'@name'`: the networks of a set. */
const SetName = z.string().regex(/^@[A-Za-z][\w-]*$/, "is no name of a set: write it as '@office'");
const Network: ZodType<Prefix, string> = net.prefix();
export const networks = () =>
  some<Prefix, string>((given) => (typeof given === 'string' && given.startsWith('@') ? SetName : Network));

/** A name, or a number from 0 to 255; the name comes out where there is one. */
export const protocol = (): ZodType<Protocol, Protocol> =>
  z.custom<Protocol>().transform((given, context) => {
    try {
      return protocolName(protocolNumber(given));
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      return refuse(context, `${error.message}; ${error.hint}`);
    }
  });

const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;
type FlagName = keyof typeof FLAGS;
const isFlag = (name: string): name is FlagName => Object.hasOwn(FLAGS, name);

/** Of the TCP flags in `mask` exactly those in `value` are set; bits as in the header. */
export interface FlagTest {
  readonly mask: number;
  readonly value: number;
}

/** `'syn !ack'`: flags that are set, and that are not. */
export const flags = (): ZodType<FlagTest, string> =>
  z.string().transform((text, context) => {
    const test = { mask: 0, value: 0 };
    for (const word of text.split(/[\s,]+/).filter((part) => part !== '')) {
      const name = word.replace(/^!/, '');
      if (!isFlag(name))
        return refuse(context, `'${word}' is no TCP flag: write 'syn !ack', of ${Object.keys(FLAGS).join(' ')}`);
      if ((test.mask & FLAGS[name]) !== 0) return refuse(context, `'${text}' names ${name} twice: name each flag once`);
      test.mask |= FLAGS[name];
      if (name === word) test.value |= FLAGS[name];
    }
    return test.mask === 0 ? refuse(context, `'${text}' names no flag: write 'syn !ack'`) : test;
  });

/** The protocol of the rule says of which family the type is. */
export interface IcmpTest {
  readonly type: number | string;
  /** The last type of a range. */
  readonly last?: number;
  readonly code: number | undefined;
}

/** `8`, `'echo-request'`, `'3/4'`, `'unreachable/4'`: a type, and a code if it matters; `'9-255'`: all these types. */
export const icmp = (): ZodType<IcmpTest, string | number> =>
  z.custom<string | number>().transform((given, context) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(String(given)) ?? [];
    if (Number(first) < Number(last) && Number(last) <= 255)
      return { type: Number(first), last: Number(last), code: undefined };
    const [, type = '', code] = /^([a-z-]+|\d+)(?:\/(\d+))?$/.exec(String(given)) ?? [];
    const isNumber = /^\d+$/.test(type);
    const isType = isNumber
      ? Number(type) <= 255
      : icmpNumber(4, type) !== undefined || icmpNumber(6, type) !== undefined;
    if (!isType || Number(code ?? 0) > 255) {
      return refuse(
        context,
        `${shown(given)} is no type of ICMP: write 'echo-request', 8, or '3/4' for type 3 and code 4`,
      );
    }
    return { type: isNumber ? Number(type) : type, code: code === undefined ? undefined : Number(code) };
  });

/** `undefined`: this family has no type of that name. */
export const icmpNumber = (family: 4 | 6, type: number | string): number | undefined =>
  typeof type === 'number' ? type : icmpTypeNumber(family, type);

/** Nanoseconds from one to the next, from `'100/s'`, `'5/min'`, `'10/h'`. */
export const rate = (): ZodType<number, string> =>
  z.string().transform((text, context) => {
    const [, amount = '', unit = ''] = /^(\d+)\/(s|min|h)$/.exec(text) ?? [];
    const units = { s: duration('1 s'), min: duration('1 min'), h: duration('1 h') };
    const interval = unit === 's' || unit === 'min' || unit === 'h' ? Math.floor(units[unit] / Number(amount)) : 0;
    if (Number.isFinite(interval) && interval >= 1) return interval;
    return refuse(context, `'${text}' is no rate: write '100/s', '5/min' or '10/h'`);
  });

const shown = (given: unknown) => (typeof given === 'string' ? `'${given}'` : (JSON.stringify(given) ?? 'nothing'));

function refuse(context: RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
