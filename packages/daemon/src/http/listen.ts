// Where requests come in: a Unix socket, and TLS where that is configured.

import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions, type Server as TlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { TLSSocket } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import { peerCredentials } from '@twinpath/linux';
import type { Hono } from 'hono';
import { groupNumber } from '../access/accounts.ts';
import type { Connection } from '../access/caller.ts';
import type { Settings } from '../settings.ts';
import type { Bindings } from './app.ts';

type App = Hono<{ Bindings: Bindings }>;

/** For a request to come in, its headers first; and for a connection that says nothing. */
const LIMITS = {
  requestTimeout: 60_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 16_384,
} as const;
const MOST_CONNECTIONS = 512;

export interface Listening extends AsyncDisposable {
  /** Of TLS; where its port was 0. */
  readonly port?: number;
  /** Reads certificates again. @throws what is wrong with them; the present ones stay. */
  reload(): void;
}

/** @throws Error: somebody else listens there, or may not be let. */
export async function listenOnSocket(app: App, { path, group, users, groups }: Settings['socket']): Promise<Listening> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  await removeStale(path);
  const connections = new WeakMap<Socket, Connection>();
  const server = createServer(
    LIMITS,
    listenerOf(app, ({ socket }) => connections.get(socket)),
  );
  server.on('connection', (socket) => {
    const { uid, gid } = peerCredentials(descriptorOf(socket));
    connections.set(socket, { kind: 'socket', uid, gid });
  });
  await listening(server, { path });
  // Scopes say what users may do; the file's mode, who may ask at all.
  const isForOthers = Object.keys(users).length + Object.keys(groups).length > 0;
  chmodSync(path, group !== undefined ? 0o660 : isForOthers ? 0o666 : 0o600);
  if (group !== undefined) chownSync(path, process.getuid?.() ?? 0, groupNumber(group));
  return { reload() {}, [Symbol.asyncDispose]: () => closed(server) };
}

export async function listenOnTls(app: App, settings: NonNullable<Settings['tcp']>): Promise<Listening> {
  const server = createTlsServer({ ...LIMITS, ...secretsOf(settings) }, listenerOf(app, connectionOf));
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(settings.listen) ?? [];
  await listening(server, { host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
  const address = server.address();
  return {
    ...(typeof address === 'object' && address !== null && { port: address.port }),
    reload: () => server.setSecureContext(secretsOf(settings)),
    [Symbol.asyncDispose]: () => closed(server),
  };
}

function secretsOf({ certificate, key, clientAuthority }: NonNullable<Settings['tcp']>): ServerOptions {
  const ca = clientAuthority === undefined ? {} : { ca: readFileSync(clientAuthority), requestCert: true };
  // Who has no certificate may still have a token.
  return {
    cert: readFileSync(certificate),
    key: readFileSync(key),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ...ca,
  };
}

function connectionOf({ socket }: IncomingMessage): Connection {
  const address = socket.remoteAddress ?? 'unknown';
  if (!(socket instanceof TLSSocket) || !socket.authorized) return { kind: 'tcp', address };
  const { CN: name } = socket.getPeerCertificate().subject ?? {};
  return { kind: 'tcp', address, ...(typeof name === 'string' && { certificate: name }) };
}

function listenerOf(app: App, connectionFor: (incoming: IncomingMessage) => Connection | undefined) {
  return getRequestListener(
    (request, env) => {
      const connection =
        'incoming' in env && 'socket' in env.incoming ? connectionFor(incomingOf(env.incoming)) : undefined;
      return connection === undefined ? new Response(null, { status: 401 }) : app.fetch(request, { connection });
    },
    { overrideGlobalObjects: false, hostname: 'localhost' },
  );
}

/** There is no HTTP/2 here. */
function incomingOf(incoming: object): IncomingMessage {
  return incoming as IncomingMessage;
}

/** Node keeps it there, and has no other way to it. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd === 'number' && fd >= 0) return fd;
  throw new Error('the connection has no descriptor');
}

/** A socket that a killed daemon has left. @throws Error when a daemon listens there. */
async function removeStale(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (answers) throw new Error(`a daemon listens at ${path} already`);
  rmSync(path);
}

function listening(
  server: Server | TlsServer,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<void> {
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Streams that stay open are cut. */
function closed(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1000).unref();
  });
}
