// The lesson as its README tells it, with the file copied to where nothing of Twinpath is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLab } from '@twinpath/testing/lab';
import { expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../../packages/cli/bin/twinpath.js', import.meta.url));
const name = 'count-and-drop.vnf.ts';

test('a copy anywhere on the disk counts by protocol, and drops the port of its configuration', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-example-'));
  await using lab = createLab('tp-example');
  try {
    copyFileSync(join(import.meta.dirname, name), join(folder, name));
    writeFileSync(join(folder, 'closed.yaml'), 'closedPort: 53\n');
    const [blue, red] = [lab.host('blue'), lab.host('red')];
    lab.link(blue, 'veth0', red, 'veth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
    await blue.echo({ udp: 53 });
    await blue.echo({ udp: 9, tcp: 53 });

    const place = ['--interface', 'veth0', '--namespace', blue.namespace, '--name', `example-${process.pid}`];
    const operands = [launcher, 'run', name, '--config', 'closed.yaml', ...place, '--json'];
    const child = spawn(process.execPath, operands, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (text) => {
        said[stream] += text;
      });
    }
    const ended = once(child, 'close');
    await expect.poll(() => said.stderr, { timeout: 20_000 }).toContain('Ctrl-C ends it');

    expect(await red.udp('10.0.0.1', 9, 'x')).toMatchObject({ ok: true });
    expect(await red.tcp('10.0.0.1', 53, 'x')).toMatchObject({ ok: true });
    expect(await red.udp('10.0.0.1', 53, 'x', { timeout: 300 })).toMatchObject({ ok: false, error: 'timeout' });
    await expect.poll(() => said.stderr, { timeout: 5_000 }).toMatch(/udp: 2 packets, \d+ bytes/);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(said.stderr).toMatch(/tcp: \d+ packets/);
    const { functions } = JSON.parse(said.stdout);
    expect(functions).toMatchObject([{ name: 'count-and-drop', dropped: 1, counters: { dropped: 1 } }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
