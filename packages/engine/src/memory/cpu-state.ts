// What each CPU of the engine has in linear memory for itself: small cells, room to pass keys and values, and the stack.

/** Byte offsets from the start of a CPU's state. All are u32 unless said. */
export const STATE = {
  /** Address of the frame's context that is being worked on. */
  context: 0,
  /** Tail calls that the frame has cost. */
  tailCalls: 4,
  /** State of the random number generator, never 0. */
  random: 8,
  /** Loop rounds and calls that the frame may still cost. */
  fuel: 12,
  /** Why the engine stopped the program: a TrapReason's number; 0 for what WebAssembly itself found. */
  reason: 16,
  /** Address of the map lock that is held; 0: none. */
  mapLock: 20,
  /** Address of the program's spin lock that is held; 0: none. */
  spinLock: 24,
  /** Frames left of the burst. */
  remaining: 28,
  /** u64: nanoseconds of the coarse clock; 0: nobody has asked for it in this burst. */
  coarseClock: 32,
  /** Pairs of u32: first byte and end of each record that is reserved in a ring buffer; 0: no record. */
  openRecords: 40,
  /** Checked mode: pairs of u32, first byte and end of values in maps that come from maps of maps; the oldest goes first. */
  grants: 104,
  /** Offset of the grant that goes next. */
  nextGrant: 168,
} as const;

/** Records that a program may hold open at a time. */
export const OPEN_RECORDS = (STATE.grants - STATE.openRecords) / 8;
export const GRANTS = (STATE.nextGrant - STATE.grants) / 8;

/** Room for keys and values of Node's side. */
export const ROOM_START = 256;
export const ROOM_END = 4096;

/** On both sides of the stack is a page that nobody uses, and where the machine allows it nobody can (`Engine.guards`). */
export const GUARD_BYTES = 4096;
/** MAX_BPF_STACK. */
export const STACK_FRAME = 512;
/** The kernel allows 8 nested calls; callbacks come on top. */
export const STACK_FRAMES = 16;
/** Where the stack lies: its frames from the end downwards. The end is the first frame's r10. */
export const STACK_START = ROOM_END + GUARD_BYTES;
export const STACK_END = STACK_START + STACK_FRAME * STACK_FRAMES;
/** Bytes of a CPU's state. */
export const STATE_BYTES = STACK_END + GUARD_BYTES;
