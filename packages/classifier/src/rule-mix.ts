// Rule lists and packets for tests and measurements. The mixes follow the characters of access lists (acl), firewalls (fw)
// and chains of a host (ipc) in the literature on classification; their numbers are set by hand, not fitted.

import type { Family } from './shape.ts';

export type RuleMix = 'acl' | 'fw' | 'ipc';

export type Weighted<T> = readonly (readonly [weight: number, item: T])[];
type PortKind = 'any' | 'high' | 'exact' | 'range';

export interface Character {
  /** Prefix lengths by family, for the first and the second prefix of a shape. */
  readonly lengths: Readonly<Record<Family, readonly [Weighted<number>, Weighted<number>]>>;
  readonly ports: readonly [Weighted<PortKind>, Weighted<PortKind>];
  readonly protocols: Weighted<number | undefined>;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;

export const CHARACTERS: Readonly<Record<RuleMix, Character>> = {
  acl: {
    lengths: {
      4: [
        [
          [8, 0],
          [20, 16],
          [45, 24],
          [27, 32],
        ],
        [
          [4, 0],
          [16, 16],
          [40, 24],
          [40, 32],
        ],
      ],
      6: [
        [
          [8, 0],
          [30, 48],
          [42, 64],
          [20, 128],
        ],
        [
          [4, 0],
          [26, 48],
          [30, 64],
          [40, 128],
        ],
      ],
    },
    ports: [
      [
        [96, 'any'],
        [4, 'high'],
      ],
      [
        [18, 'any'],
        [10, 'high'],
        [60, 'exact'],
        [12, 'range'],
      ],
    ],
    protocols: [
      [8, undefined],
      [64, TCP],
      [24, UDP],
      [4, ICMP],
    ],
  },
  fw: {
    lengths: {
      4: [
        [
          [42, 0],
          [14, 8],
          [10, 16],
          [14, 24],
          [20, 32],
        ],
        [
          [24, 0],
          [6, 16],
          [18, 24],
          [52, 32],
        ],
      ],
      6: [
        [
          [42, 0],
          [14, 32],
          [14, 48],
          [12, 64],
          [18, 128],
        ],
        [
          [24, 0],
          [12, 48],
          [18, 64],
          [46, 128],
        ],
      ],
    },
    ports: [
      [
        [70, 'any'],
        [10, 'high'],
        [14, 'exact'],
        [6, 'range'],
      ],
      [
        [28, 'any'],
        [8, 'high'],
        [50, 'exact'],
        [14, 'range'],
      ],
    ],
    protocols: [
      [16, undefined],
      [50, TCP],
      [28, UDP],
      [6, ICMP],
    ],
  },
  ipc: {
    lengths: {
      4: [
        [
          [14, 0],
          [12, 8],
          [16, 16],
          [26, 24],
          [32, 32],
        ],
        [
          [12, 0],
          [10, 12],
          [16, 20],
          [26, 24],
          [36, 32],
        ],
      ],
      6: [
        [
          [14, 0],
          [16, 32],
          [22, 48],
          [22, 64],
          [26, 128],
        ],
        [
          [12, 0],
          [14, 40],
          [22, 48],
          [22, 64],
          [30, 128],
        ],
      ],
    },
    ports: [
      [
        [68, 'any'],
        [12, 'high'],
        [14, 'exact'],
        [6, 'range'],
      ],
      [
        [44, 'any'],
        [10, 'high'],
        [36, 'exact'],
        [10, 'range'],
      ],
    ],
    protocols: [
      [22, undefined],
      [46, TCP],
      [26, UDP],
      [6, ICMP],
    ],
  },
};
