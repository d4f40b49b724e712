// What simulates a chain, whichever way it does.

/** What became of a packet, in the words of `--json`. */
export interface Decided {
  readonly verdict: 'drop' | 'next' | 'stack' | 'forward' | 'bounce' | 'slow-path' | 'aborted';
  /** Of `slow-path`. */
  readonly reason: string | undefined;
  /** Where it goes, if that is known. */
  readonly port: string | undefined;
  /** The function that gave the verdict, by its name in the chain, and what in it decided, if it says so: `firewall: rules[3]`. */
  readonly decidedBy: string;
  readonly bytes: Uint8Array;
  /** Frames that came out because of it. */
  readonly left: readonly LeftFrame[];
}

export interface LeftFrame {
  /** Of the chain; `undefined`: it is not known. */
  readonly port: string | undefined;
  /** `host`: it went to the host behind the port. */
  readonly side: 'wire' | 'host' | undefined;
  readonly bytes: Uint8Array;
  /** The slow path has sent it. */
  readonly bySlowPath: boolean;
}

export interface Simulated extends AsyncDisposable {
  /** `n`: what errors call the packet. */
  send(port: string, bytes: Uint8Array, n: number): Promise<Decided>;
  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void;
}

/** A verdict as functions say it. */
export function verdictOf(name: string | undefined): Decided['verdict'] {
  switch (name) {
    case 'drop':
    case 'next':
    case 'stack':
    case 'forward':
    case 'bounce':
      return name;
    case 'flood':
      return 'forward';
    case 'slowPath':
      return 'slow-path';
    default:
      return 'aborted';
  }
}

export const decider = (name: string, what: string | undefined): string =>
  what === undefined ? name : `${name}: ${what}`;
