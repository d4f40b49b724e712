// What wrk says of requests to the service.
import { busySeconds } from '../cpu-seconds.ts';
import { type Network, SERVICE } from './network.ts';

export interface Asking {
  readonly connections: number;
  /** `close`: each request over a connection of its own. */
  readonly kind: 'keep-alive' | 'close';
  readonly seconds: number;
  readonly path?: string;
}

export interface Answered {
  /** Each second. */
  readonly requests: number;
  readonly bytes: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the whole machine, in microseconds for each request: true where nothing else runs. */
  readonly cpu: number;
  /** Connections that broke, and answers that were not well. */
  readonly failed: number;
}

export async function ask({ client }: Network, { connections, kind, seconds, path = '/' }: Asking): Promise<Answered> {
  const header = kind === 'close' ? ['-H', 'Connection: close'] : [];
  // wrk knows whole seconds only; interrupted, it tells what it has seen until then.
  const within = ['--preserve-status', '--signal=INT', `${seconds}`, 'wrk', `-d${Math.ceil(seconds) + 1}s`];
  const operands = [...within, '-t2', `-c${connections}`, '--latency', ...header, `http://${SERVICE}${path}`];
  const before = busySeconds();
  const { stdout } = await client.exec('timeout', operands);
  const busy = busySeconds() - before;
  const [, all = 'none'] = /(\d+) requests in/.exec(stdout) ?? [];
  const [, rate = 'none'] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  const [, transfer = 'none', unit = ''] = /Transfer\/sec:\s+([\d.]+)([KMG]?)B/.exec(stdout) ?? [];
  return {
    requests: Number(rate),
    bytes: Number(transfer) * (BYTES[unit] ?? Number.NaN),
    p50: latency(stdout, 50),
    p99: latency(stdout, 99),
    cpu: (1e6 * busy) / Number(all),
    failed: failures(stdout),
  };
}

const BYTES: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 };

function latency(text: string, percent: number): number {
  const [, value = 'none', unit = ''] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(text) ?? [];
  return Number(value) * (MICROSECONDS[unit] ?? Number.NaN);
}

function failures(text: string): number {
  const [, ...socket] = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const [, wrong = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(text) ?? [];
  return [...socket, wrong].reduce((sum, count) => sum + Number(count), 0);
}
