import type { Layout } from '../layout/layout.ts';
import type { AnyTableSpec } from '../spec/specs.ts';
import type { Family, TypeSpec } from '../types/type-spec.ts';

/** A kernel map type that a table may become. An LPM trie must be made without preallocation (BPF_F_NO_PREALLOC). */
export type PlannedMapType =
  | 'hash'
  | 'lru-hash'
  | 'percpu-hash'
  | 'lru-percpu-hash'
  | 'array'
  | 'percpu-array'
  | 'lpm-trie';

/** One kernel map of a table. */
export interface MapPlan {
  /** Unique in the function: `<table path>`, then `.4` or `.6` where the key has families, `.overflow` for a tally's extra
   *  slot, `@0` or `@1` in a rule set. The kernel keeps the first 15 characters. */
  readonly name: string;
  readonly family?: Family;
  readonly generation?: Generation;
  readonly type: PlannedMapType;
  readonly key: Layout;
  /** Bytes of one value, a multiple of 8. */
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** A table of a rule set exists twice; the packets see the one that the rule set's generation names. */
export type Generation = 0 | 1;

/** When entries go that nobody looks up, in seconds since `touched`. */
export type IdlePlan =
  | { readonly by: 'all'; readonly seconds: number }
  /** `offset`: of the enumeration's byte in the value; `seconds`: by its index. */
  | { readonly by: 'field'; readonly field: string; readonly offset: number; readonly seconds: readonly number[] };

/** What the runtime keeps in a value behind the author's fields: offsets of u32 in host order, whole seconds of the instance's
 *  clock. Encoders leave them zero, so that whoever writes an entry stamps it. */
export interface HiddenFields {
  /** Written by `lookup`, where there is an idle timeout. */
  readonly touched?: number;
  /** Written when the entry is, where there is a timeout. */
  readonly written?: number;
}

/** One declared table. Tables of a rule set stand here each for itself. */
export interface TablePlan {
  /** `flows`; in a rule set `rules.ordered`. */
  readonly path: string;
  readonly kind: AnyTableSpec['kind'];
  readonly spec: AnyTableSpec;
  /** Set: the table belongs to this rule set. */
  readonly ruleSet?: string;
  /** One for each family and generation. None for a classifier: its maps are the compiler's. */
  readonly maps: readonly MapPlan[];
  /** The author's fields; `size` covers the hidden ones behind them and is a multiple of 8. */
  readonly value: Layout;
  readonly hidden: HiddenFields;
  readonly idle: IdlePlan | undefined;
  readonly timeoutSeconds: number | undefined;
  /** `notice`: the name of the reason that tells. */
  readonly whenFull: 'refuse' | 'evict' | { readonly notice: string };
  readonly perCpu: boolean;
  /** A classifier's fields in the order declared. */
  readonly match?: readonly { readonly name: string; readonly type: TypeSpec }[];
  /** A tally's one further slot, at index 0, for labels that came when it was full. */
  readonly overflow?: MapPlan;
}
