import { ageing } from './ageing.ts';
import type { Case } from './case.ts';
import { defects } from './defects.ts';
import { extensions } from './extensions.ts';
import { fragments } from './fragments.ts';
import { icmpErrors } from './icmp-errors.ts';
import { ipOptions } from './ip-options.ts';
import { malformed } from './malformed.ts';
import { matches } from './matches.ts';
import { neighbours } from './neighbours.ts';
import { protocols } from './protocols.ts';
import { rules } from './rules.ts';
import { stateful } from './stateful.ts';
import { truncated } from './truncated.ts';
import { vlans } from './vlans.ts';

/** What the firewall does to which packet. */
export const cases: readonly Case[] = [
  ...protocols,
  ...rules,
  ...stateful,
  ...truncated,
  ...ipOptions,
  ...fragments,
  ...vlans,
  ...extensions,
  ...malformed,
  ...neighbours,
  ...icmpErrors,
  ...ageing,
  ...matches,
  ...defects,
];
