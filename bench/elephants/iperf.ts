// Four flows of iperf3 from the client to a server.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Network, SERVERS } from '../network/network.ts';

export const PORTS = [5201, 5202, 5203, 5204] as const;
const [SERVER] = SERVERS;
/** Seconds that do not count. */
const WARM_UP = 1;

const Report = z.object({ end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }) });

export async function listen({ servers: [server] }: Network): Promise<void> {
  for (const port of PORTS) server?.spawn('iperf3', ['-s', '-p', String(port)]);
  const isThere = async () =>
    (await server?.exec('ss', ['-Hltn']))?.stdout.match(/:520[1-4]\b/g)?.length === PORTS.length;
  while (!(await isThere())) await delay(20);
}

/** Bits received each second by all four. */
export async function flood({ client }: Network, seconds: number): Promise<number> {
  const operands = ['-c', SERVER, '-t', String(seconds), '-O', String(WARM_UP), '-J'];
  const runs = PORTS.map((port) => client.exec('iperf3', [...operands, '-p', String(port)], { timeout: 60_000 }));
  const rates = (await Promise.all(runs)).map(({ stdout }) => Report.parse(JSON.parse(stdout)).end.sum_received);
  return rates.reduce((sum, { bits_per_second }) => sum + bits_per_second, 0);
}

/** What a connection from one of its addresses comes to. */
export async function connects({ client }: Network, source?: string): Promise<boolean> {
  const from = source === undefined ? {} : { source };
  const { ok, ...rest } = await client.tcp(SERVER, 80, 'GET / HTTP/1.0\r\n\r\n', { timeout: 1000, ...from });
  return ok && 'data' in rest;
}
