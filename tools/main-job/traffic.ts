// HTTP requests, one connection each, until told to stop.
import { setTimeout as delay } from 'node:timers/promises';
import { type Host, urlHost } from '@twinpath/testing/lab';
import type { Case } from './cases.ts';
import { PORTS } from './rules.ts';

/** Several packets' worth, so that a flow is more than its first one. */
const BODY = 'It works.\n'.repeat(2_000);
/** A first packet that is not answered is sent again after 1 s (RFC 6298, section 2.1): a refusal is one packet. */
const REFUSED_AFTER_MS = 400;
const SERVED_WITHIN_MS = 5_000;
const PAUSE_MS = 30;
/** Every request has a source port of its own, so that it is a flow of its own: each case counts through a range. By the time
 *  that it begins anew the firewall has forgotten the flow, and TCP the connection. */
const FIRST_PORT = 20_000;
const PORTS_EACH = 2_000;

export interface Tally {
  readonly case: Case;
  requests: number;
  served: number;
}

export async function startServers(hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) for (const port of Object.values(PORTS)) await host.http({ port, body: BODY });
}

/** Asks a server for something, from a port: whether it was answered as it should be. */
export type Request = (one: Case, sourcePort: number) => Promise<boolean>;

/** All cases side by side, each request after the other, at least one each. */
export function sendUntil(signal: AbortSignal, request: Request, cases: readonly Case[]): Promise<Tally[]> {
  return Promise.all(
    cases.map(async (one, index) => {
      const firstPort = FIRST_PORT + index * PORTS_EACH;
      const tally: Tally = { case: one, requests: 0, served: 0 };
      do {
        const sourcePort = firstPort + (tally.requests % PORTS_EACH);
        tally.requests++;
        if (await request(one, sourcePort)) tally.served++;
        await delay(PAUSE_MS);
      } while (!signal.aborted);
      return tally;
    }),
  );
}

/** Each case once. */
export function sendOnce(request: Request, cases: readonly Case[]): Promise<Tally[]> {
  return sendUntil(AbortSignal.abort(), request, cases);
}

export const fromHost =
  (client: Host): Request =>
  async ({ source, server, port, expected }, sourcePort) => {
    const timeout = patienceMs(expected);
    const result = await client.fetch(`http://${urlHost(server)}:${port}/`, { source, sourcePort, timeout });
    return result.ok && result.status === 200 && result.body.toString() === BODY;
  };

/** How long to wait for an answer. */
export const patienceMs = (expected: Case['expected']): number =>
  expected === 'served' ? SERVED_WITHIN_MS : REFUSED_AFTER_MS;
