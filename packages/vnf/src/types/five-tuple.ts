import { ip, protocol } from './fields.ts';
import { be16 } from './integers.ts';

/** The shape of `ip.flow()`. Ports in network order. */
export const fiveTuple = Object.freeze({ src: ip, dst: ip, sport: be16, dport: be16, protocol });
