// The typed intermediate representation: SSA over basic blocks, plain data.
//
// Every value is 64 bits wide. Integers are two's complement and wrap; the front end proves that an author's exact
// integers never do. Truncation, byte order and sign are explicit operations, so that the evaluator, the optimiser and
// the code generator need to know nothing of TypeScript.

export type ValueId = number;
export type BlockId = number;

/** A place in the author's source; line and column from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Width = 8 | 16 | 32 | 64;

/** Memory that a pointer points into. Different regions never overlap: the ground for alias analysis. */
export type Region =
  | 'context'
  | 'packet'
  | 'packet-end'
  /** A map itself, as helpers take it. */
  | 'map'
  /** The caller's memory, as the callback of a loop sees it. */
  | 'frame'
  | `stack ${number}`
  /** The values of a map, by the map's name. */
  | `value ${string}`;

export type ValueType = { readonly kind: 'integer' } | { readonly kind: 'pointer'; readonly region: Region };

/** `sub` of two packet pointers (packet end minus packet start) is their distance, an integer; everything else takes integers.
 *  `div` and `mod` are unsigned; by zero they give 0 and the dividend, as in BPF. `shr` is logical, `sar` arithmetic. */
export type AluOperation = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'sar';
export type Relation = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge';
export type AtomicOperation = 'add' | 'and' | 'or' | 'xor' | 'exchange';

interface Defines {
  readonly result: ValueId;
}

export type Instruction = { readonly at?: Location } & (
  | ({ readonly op: 'constant'; readonly value: bigint } & Defines)
  /** A number that is put into the finished code (`Program.relocated`): nothing is known of it before. Its low `width` bits, zero-extended. */
  | ({ readonly op: 'relocation'; readonly name: string; readonly width: 32 | 64 } & Defines)
  | ({
      readonly op: 'alu';
      readonly operation: AluOperation;
      readonly left: ValueId;
      readonly right: ValueId;
    } & Defines)
  /** The low `width` bits, zero-extended. */
  | ({ readonly op: 'truncate'; readonly width: 8 | 16 | 32; readonly value: ValueId } & Defines)
  /** The low `width` bits in the other byte order (network to host and back), zero-extended; upper bits are ignored. */
  | ({ readonly op: 'swap'; readonly width: 16 | 32 | 64; readonly value: ValueId } & Defines)
  /** 1 or 0. Pointers compare with `eq` and `ne`, to the constant 0 or to each other. */
  | ({ readonly op: 'compare'; readonly relation: Relation; readonly left: ValueId; readonly right: ValueId } & Defines)
  /** Zero-extended, host byte order (little endian), at `address + offset`. */
  | ({
      readonly op: 'load';
      readonly address: ValueId;
      readonly offset: number;
      readonly width: Width;
      /** Others write there at any time: what was loaded before is not what lies there now. */
      readonly isVolatile?: true;
    } & Defines)
  /** A pointer that was stored whole at `address + offset`, of the result's region. `epoch`: of a packet pointer. */
  | ({
      readonly op: 'load-pointer';
      readonly address: ValueId;
      readonly offset: number;
      readonly epoch?: number;
    } & Defines)
  /** Pointers are stored as 64 bits, aligned, on the stack only. */
  | {
      readonly op: 'store';
      readonly address: ValueId;
      readonly offset: number;
      readonly width: Width;
      readonly value: ValueId;
    }
  /** `base + by`, in the same region. */
  | ({ readonly op: 'offset'; readonly base: ValueId; readonly by: ValueId } & Defines)
  /** Address of the first byte of the frame, and of the first byte behind the linear part. Another epoch begins when a
   *  helper moves the packet; pointers of an older epoch must not be used any more. */
  | ({ readonly op: 'packet-start'; readonly epoch: number } & Defines)
  | ({ readonly op: 'packet-end'; readonly epoch: number } & Defines)
  /** Address of a stack slot of the function. */
  | ({ readonly op: 'stack'; readonly slot: number } & Defines)
  /** A map by name, as a helper's argument. */
  | ({ readonly op: 'map'; readonly name: string } & Defines)
  /** Address of `offset` bytes into element 0 of an array map: no lookup, never null. */
  | ({ readonly op: 'map-value'; readonly name: string; readonly offset: number } & Defines)
  /** A kernel helper by its name without `bpf_`, arguments in order, at most 5. An error of `map_update_elem` or
   *  `map_delete_elem` is a C int, of which only the low 32 bits are told: before 6.4 their calls are replaced by calls of
   *  functions that return int, without sign extension.
   *  With `subprogram`, an index into those of the program: `subprogram` calls it with the arguments and gives what it returns;
   *  `loop`, with rounds and a pointer to memory, calls it once a round with the round's number and that pointer until it
   *  returns 1, and gives the number of calls. */
  | ({
      readonly op: 'call';
      readonly helper: string;
      readonly arguments: readonly ValueId[];
      readonly subprogram?: number;
    } & Defines)
  | ({
      /** Old value as result. 32 or 64 bits, naturally aligned, in a map value. */
      readonly op: 'atomic';
      readonly operation: AtomicOperation;
      readonly address: ValueId;
      readonly offset: number;
      readonly width: 32 | 64;
      readonly value: ValueId;
    } & Defines)
);

export interface Phi extends Defines {
  /** One for each predecessor. Order carries no meaning. */
  readonly inputs: readonly { readonly block: BlockId; readonly value: ValueId }[];
}

export type Terminator = { readonly at?: Location } & (
  | { readonly op: 'jump'; readonly target: BlockId }
  /** `condition` not 0: `then`. `likely`: which side is the common one, if known. */
  | {
      readonly op: 'branch';
      readonly condition: ValueId;
      readonly then: BlockId;
      readonly otherwise: BlockId;
      readonly likely?: 'then' | 'otherwise';
    }
  /** The verifier's bounds check: `pointer + size <= packet end`, where `pointer` is of region packet. */
  | {
      readonly op: 'in-packet';
      readonly pointer: ValueId;
      readonly size: number;
      readonly epoch: number;
      readonly then: BlockId;
      readonly otherwise: BlockId;
    }
  | { readonly op: 'return'; readonly value: ValueId }
);

export interface Block {
  readonly id: BlockId;
  readonly phis: readonly Phi[];
  readonly instructions: readonly Instruction[];
  readonly terminator: Terminator;
  /** The head of a loop: how often control comes here at most each time that the loop is entered. */
  readonly rounds?: number;
}

/** What `packet-start`, `packet-end` and context loads mean depends on the hook. */
export type Hook = 'xdp' | 'tcx-ingress' | 'tcx-egress';

export interface StackSlot {
  /** Bytes; at least 8-aligned by the code generator. */
  readonly size: number;
  /** For messages: what lies there. */
  readonly name: string;
}

/** One program, or one of its subprograms. `blocks[0]` is the entry; block ids are their positions. `context` is the value of the
 *  context pointer, `parameters` are the values that are given at the entry: by default the context. */
export interface Program {
  readonly name: string;
  readonly hook: Hook;
  readonly context: ValueId;
  readonly values: readonly ValueType[];
  readonly slots: readonly StackSlot[];
  readonly blocks: readonly Block[];
  readonly parameters?: readonly ValueId[];
  /** Of a whole program: what calls in it, and in them, refer to by position. They never move the packet. */
  readonly subprograms?: readonly Program[];
  /** Of a whole program: what relocations in it and its subprograms stand for, by their names. Programs that differ in these numbers
   *  alone are compiled once. */
  readonly relocated?: Numbers;
}

export type Numbers = Readonly<Record<string, bigint>>;

export const parametersOf = ({ parameters, context }: Program): readonly ValueId[] => parameters ?? [context];
