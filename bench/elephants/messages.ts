/** Packets so far. */
export interface Inspected {
  readonly packets: number;
  /** By the firewall. */
  readonly refused: number;
  /** For nDPI. */
  readonly shown: number;
  /** Of those, the ones that came to it. */
  readonly seen: number;
}
