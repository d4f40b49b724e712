import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Sockets } from '@twinpath/vnf';
import { expect, test, vi } from 'vitest';
import { answering, socketsWith } from '../test/sockets.ts';
import { Check } from './config.ts';
import { isWell } from './is-well.ts';

const ask = (check: object, sockets: Partial<Sockets> = {}, signal = new AbortController().signal) =>
  isWell(Check.parse(check), { address: '10.0.0.1', port: 53, signal }, socketsWith(sockets));
/** Soon, but not before the question. */
const late = () => AbortSignal.timeout(20);

test('tcp: a connection is well, a refusal or silence is not', async () => {
  const connected = () => {
    const socket = new Socket();
    queueMicrotask(() => socket.emit('connect'));
    return socket;
  };
  expect(await ask({ type: 'tcp' }, { connect: connected })).toBe(true);
  expect(await ask({ type: 'tcp' })).toBe(false);
  expect(await ask({ type: 'tcp' }, { connect: () => new Socket() }, late())).toBe(false);
});

test('http: the status decides, of the path and in the name that were asked for', async () => {
  const fetch = vi.fn(async () => new Response(null, { status: 204 }));
  const check = { type: 'http', path: '/health', host: 'web.example' };
  expect(await ask(check, { fetch })).toBe(true);
  expect(fetch).toHaveBeenCalledWith(
    'http://10.0.0.1:53/health',
    expect.objectContaining({ headers: { connection: 'close', host: 'web.example' } }),
  );
  expect(await ask({ ...check, status: [418] }, { fetch })).toBe(false);
  expect(await ask(check, { fetch: async () => new Response('', { status: 503 }) })).toBe(false);
  expect(await ask(check)).toBe(false);
});

test('https: the status behind TLS, and the certificate where it is to be verified', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tp-is-well-'));
  const [key, cert, path] = ['key', 'cert', 'socket'].map((name) => join(folder, name));
  if (key === undefined || cert === undefined || path === undefined) throw new Error('there are three names');
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=web'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(cert) });
  const server = createServer((raw) => {
    const secured = new TLSSocket(raw, { isServer: true, secureContext });
    secured.on('error', () => {});
    secured.once('data', () => secured.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const sockets = { connect: () => connect(path) };
  expect(await ask({ type: 'https' }, sockets)).toBe(true);
  expect(await ask({ type: 'https', status: [204] }, sockets)).toBe(false);
  // Nobody trusts it.
  expect(await ask({ type: 'https', verify: true }, sockets)).toBe(false);
  server.close();
  rmSync(folder, { recursive: true });
});

test('icmp: an echo is well, within the time of the check', async () => {
  const echo = vi.fn(async () => 1000);
  expect(await ask({ type: 'icmp', within: '200 ms' }, { echo })).toBe(true);
  expect(echo).toHaveBeenCalledWith('10.0.0.1', { within: '200000000 ns' });
  expect(await ask({ type: 'icmp' })).toBe(false);
});

test('dns: an answer to the question that is no error', async () => {
  const reply = (question: Buffer, flags: number, id = question.readUInt16BE(0)) => {
    const answer = Buffer.from(question);
    answer.writeUInt16BE(id, 0);
    answer.writeUInt16BE(flags, 2);
    return answer;
  };
  const check = { type: 'dns', name: 'www.example.' };
  const asked = (answers: (question: Buffer) => readonly Buffer[], from?: number) =>
    ask(check, { udp: () => answering(answers, from) }, late());
  expect(await asked((question) => [reply(question, 0x8180)])).toBe(true);
  // SERVFAIL; another question's; the question itself; another port's; nobody's.
  expect(await asked((question) => [reply(question, 0x8182)])).toBe(false);
  expect(await asked((question) => [reply(question, 0x8180, question.readUInt16BE(0) ^ 1)])).toBe(false);
  expect(await asked((question) => [question])).toBe(false);
  expect(await asked((question) => [reply(question, 0x8180)], 54)).toBe(false);
  expect(await asked(() => [])).toBe(false);
  expect(await ask({ type: 'dns', name: 'a..b' })).toBe(false);
});

test('module: what a function of the user’s says; one that cannot be called is an error, and no state', async () => {
  const module = (text: string) => ({ type: 'module', file: `data:text/javascript,${encodeURIComponent(text)}` });
  expect(await ask(module('export default ({ address, port }) => address === "10.0.0.1" && port === 53;'))).toBe(true);
  expect(await ask(module('export default async () => "yes";'))).toBe(false);
  await expect(ask(module('export default () => { throw new Error("broken"); };'))).rejects.toThrow('broken');
  await expect(ask(module('export default 1;'))).rejects.toThrow('no function as its default export');
});
