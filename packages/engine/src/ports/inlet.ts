// A port by which whoever works with the engine sends frames into the middle of it: each has words in front that say where it
// goes on.

/** Words in front of a frame. */
export const INLET = { program: 0, ifindex: 1, side: 2, mark: 3, priority: 4, control: 5, cell: 6, value: 7 } as const;
const WORDS = 8;
export const INLET_BYTES = 4 * WORDS;
/** Where a frame comes from. */
export const SIDE = { wire: 0, host: 1 } as const;

export interface InletFields {
  /** Id of the program that judges it; 0 (default): none, it goes on as if one had let it pass. */
  readonly program?: number;
  /** The interface that it is of. */
  readonly ifindex: number;
  readonly side: (typeof SIDE)[keyof typeof SIDE];
  /** For programs on tc: __sk_buff's mark, priority and cb[0]; default 0. */
  readonly mark?: number;
  readonly priority?: number;
  readonly control?: number;
  /** Address of a u32 that holds `value` while the frame is judged, and 0 behind that; default: none. */
  readonly cell?: number;
  readonly value?: number;
}

/** What goes in front of the frame. */
export function inletHeader(fields: InletFields): Uint8Array {
  const { program = 0, ifindex, side, mark = 0, priority = 0, control = 0, cell = 0, value = 0 } = fields;
  return new Uint8Array(Uint32Array.of(program, ifindex, side, mark, priority, control, cell, value).buffer);
}
