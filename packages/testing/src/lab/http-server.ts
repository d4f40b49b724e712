import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Host, succeeded } from './host.ts';

export interface HttpServerOptions {
  readonly port: number;
  readonly body: string | Uint8Array;
}

export interface HttpServer {
  readonly port: number;
  readonly software: 'nginx' | 'node';
}

export async function startHttp(host: Host, folder: string, { port, body }: HttpServerOptions): Promise<HttpServer> {
  const file = join(folder, `${host.name}-${port}.body`);
  writeFileSync(file, body);
  const nginx = nginxPath();
  if (nginx === undefined) {
    const what = `an HTTP server on port ${port} of ${host.name}`;
    succeeded(await host.ask({ kind: 'serve http', port, file }), what);
    return { port, software: 'node' };
  }
  const configuration = join(folder, `${host.name}-${port}.nginx`);
  writeFileSync(configuration, nginxConfiguration({ folder, file, port, pid: `${file}.pid` }));
  const server = host.spawn(nginx, ['-p', folder, '-e', 'stderr', '-c', configuration]);
  await listening(host, port, () => server.stderr);
  return { port, software: 'nginx' };
}

/** Debian keeps it out of the path of ordinary users. */
function nginxPath(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'nginx')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** In the foreground, with all of its files in the lab's folder, and no logs. */
function nginxConfiguration(of: { folder: string; file: string; port: number; pid: string }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${of.folder}/nginx-${kind};`,
  );
  return [
    'daemon off;',
    'user root;',
    'worker_processes 1;',
    `pid ${of.pid};`,
    'error_log stderr crit;',
    'events { worker_connections 1024; }',
    'http {',
    ...temporary,
    '  access_log off;',
    // A connection ends when its client wants it to.
    '  keepalive_requests 1000000000;',
    '  default_type text/plain;',
    '  server {',
    `    listen [::]:${of.port} ipv6only=off;`,
    `    location / { root ${of.folder}; rewrite ^ /${of.file.slice(of.folder.length + 1)} break; }`,
    '  }',
    '}',
    '',
  ].join('\n');
}

async function listening(host: Host, port: number, said: () => string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const reply = await host.tcp('::1', port, '', { timeout: 200 });
    if (reply.ok) return;
    await delay(20);
  }
  throw new Error(`nginx did not listen on port ${port} of ${host.name}: ${said()}`);
}
