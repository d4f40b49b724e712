import { lock, type Packet, type Ref } from '@twinpath/vnf';
import { allowances, type ruling } from './tables.ts';

/** The rule has allowed as many as it may: virtual scheduling (ITU-T I.371), over all CPUs. */
export function isOverLimit(packet: Packet, { limit, interval, advance }: Readonly<Ref<typeof ruling>>): boolean {
  if (limit === 0) return false;
  const own = allowances.at(limit - 1);
  if (!own) return false;
  const { now } = packet;
  using _held = lock(own.guard);
  if (own.usedUntil > now + advance) return true;
  own.usedUntil = Math.max(own.usedUntil, now) + interval;
  return false;
}
