import type { Sockets } from '@twinpath/vnf';
import { expect, test, vi } from 'vitest';
import { socketsWith } from '../test/sockets.ts';
import { Load } from './config.ts';
import { loadOf } from './load-of.ts';

const signal = new AbortController().signal;
const ask = (load: object, sockets: Partial<Sockets> = {}) =>
  loadOf(Load.parse(load), { address: 'fd00::1', port: 9100, signal }, socketsWith(sockets));

test('http: a number of the page, or of a metric, as a part of what is full', async () => {
  const fetch = vi.fn(async () => new Response('# HELP load\nnode_load1 3\n'));
  expect(await ask({ from: 'http', path: '/metrics', metric: 'node_load1', full: 4 }, { fetch })).toBe(0.75);
  expect(fetch).toHaveBeenCalledWith('http://[fd00::1]:9100/metrics', expect.anything());
  expect(await ask({ from: 'http' }, { fetch: async () => new Response('0.5\n') })).toBe(0.5);
  await expect(ask({ from: 'http' }, { fetch: async () => new Response('0.5', { status: 500 }) })).rejects.toThrow(
    'status 500',
  );
  await expect(ask({ from: 'http' })).rejects.toThrow('ECONNREFUSED');
});

test('module: a number of a user’s function, and nothing else', async () => {
  const module = (text: string) => ({ from: 'module', file: `data:text/javascript,${encodeURIComponent(text)}` });
  expect(await ask(module('export default async ({ port }) => port / 91_000;'))).toBe(0.1);
  await expect(ask(module('export default () => NaN;'))).rejects.toThrow('gave NaN, not a number');
});
