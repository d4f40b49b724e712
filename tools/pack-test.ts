// Packs all packages, installs the tarballs into an empty folder, and uses them there as a stranger would: the command on a
// function of one's own, on the library, and without the typescript package.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packetFromText } from '@twinpath/packet';
import { writePcap } from '@twinpath/packet/pcap';

const FUNCTION = `import { drop, next, vnf } from '@twinpath/vnf';
import { z } from 'zod';
export default vnf({
  name: 'closer',
  config: z.strictObject({ port: z.number().default(9) }),
  fastPath: (packet, config) => (packet.ip()?.udp()?.dport === config.port ? drop : next),
});
`;

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'twinpath-pack-'));
const tarballs = join(folder, 'tarballs');
const app = join(folder, 'app');

/** What an author has, without leniency: the declarations must stand for themselves. */
const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, module: 'nodenext', target: 'es2024', lib: ['esnext'], noEmit: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  },
  include: ['*.ts'],
};

function run(command: string, operands: readonly string[], cwd: string): string {
  process.stderr.write(`${command} ${operands.join(' ').slice(0, 100)}\n`);
  return execFileSync(command, operands, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
const twinpath = (...operands: readonly string[]) => run('npx', ['--no-install', 'twinpath', ...operands], app);

function expectText(what: string, text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`${what}: expected ${pattern}, got\n${text}`);
}

/** It starts, brings its database along, and answers; uninstalling is stopping it. */
async function daemonWorks(): Promise<void> {
  const settings = join(folder, 'twinpathd.yaml');
  const socket = join(folder, 'twinpathd.sock');
  writeFileSync(settings, JSON.stringify({ stateDirectory: join(folder, 'state'), socket: { path: socket } }));
  const bin = join(app, 'node_modules/.bin');
  expectText('settings', run(join(bin, 'twinpathd'), ['--settings', settings, '--check'], app), /can be used/);
  const daemon = spawn(join(bin, 'twinpathd'), ['--settings', settings], { cwd: app, stdio: 'inherit' });
  try {
    expectText('status', twinpath('status', '--wait', '--socket', socket), /healthy/);
    expectText('functions', twinpath('functions', '--socket', socket), /^firewall +library/m);
    expectText('metrics', twinpath('get', 'metrics', '--socket', socket), /^twinpath_healthy 1$/m);
  } finally {
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  }
}

try {
  mkdirSync(tarballs);
  mkdirSync(app);
  run('npm', ['pack', '--workspaces', '--loglevel=error', '--pack-destination', tarballs], root);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quiet, ...files], app);
  writeFileSync(join(app, 'closer.vnf.ts'), FUNCTION);
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], app);
  const packets = [9, 10].map((port) => packetFromText(`ip 10.0.0.1 > 10.0.0.2 / udp 5000 > ${port} / "x"`));
  writeFileSync(join(app, 'in.pcap'), writePcap(packets.map((bytes) => ({ bytes }))));
  expectText('check', twinpath('check', 'closer.vnf.ts', '--json'), /"ok":true/);
  expectText('build', twinpath('build', 'closer.vnf.ts', '-o', 'closer.o', '--json'), /"closer_ingress"/);
  const verdicts = /"n":1,"verdict":"drop"[\s\S]*"n":2,"verdict":"next"/;
  expectText('simulate', twinpath('simulate', 'closer.vnf.ts', '--pcap', 'in.pcap', '--json'), verdicts);
  expectText('build', twinpath('build', 'closer.vnf.ts', '-o', 'closer.vnf.json'), /hash/);
  for (const template of ['hybrid', 'in-kernel', 'ports']) {
    twinpath('create', template, '--template', template);
    run('node', ['--test'], join(app, template));
  }
  rmSync(join(app, 'node_modules/typescript'), { recursive: true });
  expectText('check an artefact', twinpath('check', 'closer.vnf.json', '--json'), /"ok":true/);
  expectText('simulate an artefact', twinpath('simulate', 'closer.vnf.json', '--pcap', 'in.pcap', '--json'), verdicts);
  expectText('check the library', twinpath('check', 'firewall', '--json'), /"ok":true/);
  expectText(
    'build from the library',
    twinpath('build', 'firewall', '-o', 'firewall.o', '--json'),
    /"firewall_egress"/,
  );
  const dropped = /"n":1,"verdict":"drop"/;
  expectText('simulate the library', twinpath('simulate', 'firewall', '--pcap', 'in.pcap', '--json'), dropped);
  await daemonWorks();
  process.stdout.write(`${files.length} packages work where they are installed\n`);
} finally {
  rmSync(folder, { recursive: true });
}
