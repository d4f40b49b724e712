// Over TLS, with real certificates, on the loopback interface of this machine.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { Client, ProblemError } from '@twinpath/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestDaemon } from '../fixtures/test-daemon.ts';

let daemon: TestDaemon;
const openssl = (...options: string[]) => execFileSync('openssl', options, { cwd: daemon.folder, stdio: 'pipe' });
const file = (name: string) => join(daemon.folder, name);
const pem = (name: string) => readFileSync(file(name), 'utf8');

/** `signer`: of `ca.pem`; or the certificate signs itself. */
function certify(name: string, commonName: string, signer?: string): void {
  const subject = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
  const by = signer === undefined ? [] : ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    ...subject,
    ...by,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

beforeAll(async () => {
  daemon = new TestDaemon('tls');
  certify('ca', 'authority');
  certify('server', 'server', 'ca');
  certify('ops', 'ops', 'ca');
  certify('stranger', 'ops');
  const tcp = { listen: '127.0.0.1:0', certificate: file('server.pem'), key: file('server.key') };
  await daemon.start({ tcp: { ...tcp, clientAuthority: file('ca.pem'), certificates: { ops: 'write' } } });
});
afterAll(() => daemon[Symbol.asyncDispose]());

const url = () => `https://127.0.0.1:${daemon.running.port}`;
const client = (more: object) => new Client({ url: url(), ca: pem('ca.pem'), ...more });
const certificateOf = (name: string) => ({ certificate: { cert: pem(`${name}.pem`), key: pem(`${name}.key`) } });

test('a token or a certificate of the authority lets in, and nothing else', async () => {
  using by = new DisposableStack();
  const secret = daemon.running.tokens.create({ name: 'reader', scope: 'read' })?.secret ?? '';
  const reader = by.use(client({ secret }));
  expect((await reader.call('getStatus')).data.node).toBe('a');
  await expect(reader.call('deleteChain', { params: { chain: 'a' } })).rejects.toMatchObject({
    status: 403,
    code: 'TP_SCOPE',
  });
  const ops = by.use(client(certificateOf('ops')));
  await expect(ops.call('deleteChain', { params: { chain: 'a' } })).rejects.toMatchObject({ status: 404 });
  await expect(ops.call('listTokens')).rejects.toMatchObject({ status: 403 });
  for (const refused of [{}, { secret: 'tpt_wrong' }, certificateOf('stranger')]) {
    await expect(by.use(client(refused)).call('getStatus')).rejects.toMatchObject({ status: 401, code: 'TP_UNKNOWN' });
  }
  expect(
    await by.use(client({ secret: daemon.running.tokens.rotate('reader', 0)?.secret })).call('getStatus'),
  ).toBeDefined();
  await expect(reader.call('getStatus')).rejects.toThrow(ProblemError);
});

test('certificates are read again while it runs, and old versions of TLS are refused', async () => {
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = tlsConnect({ port: daemon.running.port, host: '127.0.0.1', ca: pem('ca.pem') }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const before = await serial();
  certify('server', 'server', 'ca');
  daemon.running.reload();
  expect(await serial()).not.toBe(before);
  const old = new Promise((resolve, reject) => {
    const socket = tlsConnect(
      { port: daemon.running.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' },
      () => resolve(socket),
    );
    socket.on('error', reject);
  });
  await expect(old).rejects.toThrow(/protocol version|alert/);
});
