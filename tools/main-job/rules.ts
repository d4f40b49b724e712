// What the main job's firewall is told.
import { CLIENTS, VAULT } from './network.ts';

export const NAME = 'shop.example';
export const PORTS = { web: 80, range: 8042, openNow: 8443, closedNow: 8444, byName: 8445, unmentioned: 9090 } as const;

/** In the order in which the firewall reads them. */
export function rules(now: Date) {
  return [
    { action: 'drop', from: `${CLIENTS.v4.blocked}/32` },
    { action: 'drop', from: `${CLIENTS.v6.blocked}/128` },
    { action: 'drop', to: VAULT.v4 },
    { action: 'drop', to: VAULT.v6 },
    { action: 'allow', direction: 'in', protocol: 'tcp', port: PORTS.web },
    { action: 'allow', direction: 'in', protocol: 'tcp', to: '198.51.100.0/24', port: '8000-8099' },
    // Only the slow path can decide these.
    { action: 'allow', direction: 'in', protocol: 'tcp', port: PORTS.openNow, when: hours(now, -1, 12) },
    { action: 'allow', direction: 'in', protocol: 'tcp', port: PORTS.closedNow, when: hours(now, 12, 13) },
    { action: 'allow', direction: 'in', protocol: 'tcp', port: PORTS.byName, toName: NAME },
  ] as const;
}

/** From `from` to `until` hours after `now`, as a schedule has it. */
function hours(now: Date, from: number, until: number) {
  const time = (after: number) => new Date(now.getTime() + after * 3_600_000).toISOString().slice(11, 16);
  return { from: time(from), until: time(until) };
}
