// What a classifier has no field for (TCP flags, VLAN, interface) becomes one small number: packets that no rule tells apart have
// the same. A packet's number is the sum of what three tables say; rules list the numbers that they match.
import type { Rule } from './rule.ts';
import type { FlagTest } from './values.ts';

/** It is a byte. */
export const MOST_COMBINATIONS = 256;
/** Of tags, in the table: there is none. */
export const UNTAGGED = 4096;

export interface Classes {
  /** How many kinds of each the rules tell apart. */
  readonly kinds: { readonly flags: number; readonly vlans: number; readonly interfaces: number };
  /** By the byte of flags. */
  readonly flags: readonly number[];
  /** Those that rules name; others have 0. */
  readonly vlans: ReadonlyMap<number, number>;
  readonly interfaces: ReadonlyMap<string, number>;
  /** What packets have that match; `undefined`: the rule does not ask. */
  matching(rule: Rule): readonly number[] | undefined;
}

export function classesOf(rules: readonly Rule[]): Classes {
  const tests = new Map(
    rules.flatMap(({ flags = [] }) => flags.map((test) => [`${test.mask}/${test.value}`, test] as const)),
  );
  const kindOfFlags = kindsOfFlags([...tests.values()]);
  const vlans = numbered(rules.flatMap(({ vlan = [] }) => vlan));
  const interfaces = numbered(rules.flatMap((rule) => rule.interface ?? []));
  const kinds = { flags: Math.max(...kindOfFlags) + 1, vlans: vlans.size + 1, interfaces: interfaces.size + 1 };
  const [perFlags, perVlan] = [kinds.vlans * kinds.interfaces, kinds.interfaces];
  return {
    kinds,
    flags: kindOfFlags.map((kind) => kind * perFlags),
    vlans: new Map([...vlans].map(([tag, kind]) => [tag === 'none' ? UNTAGGED : tag, kind * perVlan])),
    interfaces,
    matching({ flags, vlan, interface: names }) {
      if (flags === undefined && vlan === undefined && names === undefined) return undefined;
      const ofFlags = [...new Set(kindOfFlags.filter((_, byte) => flags?.some((test) => passes(byte, test)) ?? true))];
      const ofVlans = vlan?.map((tag) => vlans.get(tag) ?? 0) ?? range(kinds.vlans);
      const ofInterfaces = names?.map((name) => interfaces.get(name) ?? 0) ?? range(kinds.interfaces);
      return ofFlags.flatMap((a) => ofVlans.flatMap((b) => ofInterfaces.map((c) => a * perFlags + b * perVlan + c)));
    },
  };
}

const passes = (byte: number, { mask, value }: FlagTest) => (byte & mask) === value;

/** For each byte of flags: bytes that pass the same tests have the same number. */
function kindsOfFlags(tests: readonly FlagTest[]): readonly number[] {
  const known = new Map<string, number>();
  return range(256).map((byte) => {
    const passed = tests.map((test) => passes(byte, test)).join();
    const kind = known.get(passed) ?? known.size;
    known.set(passed, kind);
    return kind;
  });
}

/** From 1: 0 is all others. */
function numbered<T>(values: readonly T[]): ReadonlyMap<T, number> {
  return new Map([...new Set(values)].map((value, index) => [value, index + 1]));
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
