// What those who look at the packets say of themselves.

export interface Taken {
  readonly packets: number;
  /** Packets of undecided flows that are for the classifiers. */
  readonly shown: number;
  /** Of those, the ones that came to them. */
  readonly seen: number;
}
/** Name of a flow, and what it is named. */
export type Names = readonly (readonly [string, string])[];
