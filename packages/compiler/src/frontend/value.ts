// What an expression of the fast path is while it is compiled: a value known now, or the SSA registers that will hold it.
//
// Everything the author writes is evaluated symbolically, path by path. A header view, a table entry or a record is never
// an object at run time: it is a tuple of registers here. `undefined` is a value like any other, so that the author's own
// `if (!ip)` decides on constants: the branch was taken where the view was made, and is the verifier's bounds check.

import type { Layout } from '@twinpath/vnf/layout';
import type { ReasonPlan, RuleSetPlan, TablePlan } from '@twinpath/vnf/plan';
import type { ValueId } from '../ir/types.ts';

/** Both ends included. */
export interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

/** A name on the author's side, a number in the packet or table. */
export type NameDomain =
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  /** IP protocol, Ethernet type, ICMP type of a family, ARP operation: a name where there is one, else the number itself. */
  | { readonly kind: 'protocol' | 'ethertype' | 'icmp4-type' | 'icmp6-type' | 'arp-operation' }
  /** Index of a port of the function. */
  | { readonly kind: 'port'; readonly names: readonly string[] };

/** A register of raw memory: loaded from the packet or a table as it lies there, so that copying costs no swap. */
export interface Word {
  readonly id: ValueId;
  readonly width: 8 | 16 | 32 | 64;
}

export type Value =
  | { readonly kind: 'undefined' }
  /** Known now. A string is given a meaning (address, name) by the typed value that it meets. `from`: where in the configuration. */
  | {
      readonly kind: 'constant';
      readonly value: string | number | boolean | bigint | null;
      readonly from?: string | undefined;
    }
  /** Known now: a configuration, a list, or what a pure function of `@twinpath/vnf` made at module level (a shape, a
   *  `header`, which is callable); properties are read, the whole never stored. */
  | { readonly kind: 'object'; readonly value: object; readonly from?: string | undefined }
  /** An exact integer in a 64-bit register, two's complement. */
  | { readonly kind: 'integer'; readonly id: ValueId; readonly range: Range }
  /** 1 or 0. */
  | { readonly kind: 'boolean'; readonly id: ValueId }
  /** `u64`: equality, `&`, `|`, `^`, keys only. */
  | { readonly kind: 'opaque'; readonly id: ValueId }
  /** Bytes in the order of memory, in words from the first byte on. */
  | { readonly kind: 'bytes'; readonly type: 'ip4' | 'ip6' | 'mac' | 'text'; readonly words: readonly Word[] }
  | { readonly kind: 'name'; readonly domain: NameDomain; readonly id: ValueId }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Value> }
  /** The packet, or a header in it. `fixed` is known now, `parts` are registers; both belong to the view's own module. */
  | {
      readonly kind: 'view';
      readonly type: string;
      readonly epoch: number;
      readonly fixed: Readonly<Record<string, string | number | boolean>>;
      readonly parts: Readonly<Record<string, ValueId>>;
    }
  /** A live table entry, or a nested part of one: `prefix` is the path of the part. */
  | {
      readonly kind: 'entry';
      readonly table: TablePlan;
      readonly layout: Layout;
      readonly prefix: readonly string[];
      readonly pointer: ValueId;
      readonly writable: boolean;
      /** Something was removed from its table since it was found: it may be another one by now. */
      readonly isStale?: true;
      /** Of the addresses in the key that led to it. */
      readonly family?: 4 | 6 | undefined;
      /** Further values that come with it, such as a classifier's `ruleNumber`. */
      readonly extra?: ReadonlyMap<string, Value>;
    }
  | { readonly kind: 'table'; readonly plan: TablePlan }
  | { readonly kind: 'ruleSet'; readonly plan: RuleSetPlan }
  | { readonly kind: 'counters' }
  | { readonly kind: 'counter'; readonly name: string }
  | { readonly kind: 'reason'; readonly plan: ReasonPlan }
  | { readonly kind: 'portGroup' }
  /** A lock that is held; what `using` binds, released by `Intrinsics.release` where its block is left. */
  | { readonly kind: 'lock'; readonly pointer: ValueId }
  /** A function of the author's: inlined where it is called. `declaration` and `module` belong to the front end's core. */
  | { readonly kind: 'function'; readonly declaration: unknown; readonly module: unknown }
  /** Something of `@twinpath/vnf`, or a global such as `Math.min`, by its dotted name. */
  | { readonly kind: 'intrinsic'; readonly name: string }
  | {
      readonly kind: 'verdict';
      readonly verdict: 'drop' | 'next' | 'stack' | 'bounce' | 'forward' | 'flood' | 'route' | 'slowPath' | 'spread';
      readonly operands: readonly Value[];
    };

export const UNDEFINED: Value = { kind: 'undefined' };
export const constant = (value: string | number | boolean | bigint | null): Value => ({ kind: 'constant', value });
