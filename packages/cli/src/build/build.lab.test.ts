import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfProgram } from '@twinpath/ebpf';
import { mountBpffs } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { writePcap } from '@twinpath/packet/pcap';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';

const PINS = '/sys/fs/bpf/tp-build-test';
const EXAMPLE = join(import.meta.dirname, '../../../../examples/01-count-and-drop/count-and-drop.vnf.ts');
const XDP_DROP = 1;
const XDP_PASS = 2;
const to9 = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5000 > 9 / "x"');
const to7 = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5000 > 7 / "x"');

const folder = mkdtempSync(join(tmpdir(), 'twinpath-build-'));
beforeAll(() => {
  mountBpffs();
  writeFileSync(join(folder, 'config.yaml'), 'closedPort: 7\n');
  writeFileSync(join(folder, 'in.pcap'), writePcap([{ bytes: to9 }, { bytes: to7 }]));
});
afterEach(() => rmSync(PINS, { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true }));
const run = (...operands: readonly string[]) => twinpath(operands, { cwd: folder });

test.each([
  ['its defaults', [], { nine: XDP_DROP, seven: XDP_PASS }],
  ['a configuration', ['--config', 'config.yaml'], { nine: XDP_PASS, seven: XDP_DROP }],
])('bpftool loads what is built with %s, and its verdicts are ours', async (_, options, verdicts) => {
  const built = await run('build', EXAMPLE, '-o', 'count.o', '--json', ...options);
  expect(built).toMatchObject({ status: 0, stderr: '' });
  const { programs } = JSON.parse(built.stdout);
  const names = programs.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['count_and_drop_ingress']));
  execFileSync('bpftool', ['prog', 'loadall', join(folder, 'count.o'), PINS]);
  using program = BpfProgram.fromPin(join(PINS, 'count_and_drop_ingress'));
  expect({ nine: program.testRun({ data: to9 }).retval, seven: program.testRun({ data: to7 }).retval }).toEqual(
    verdicts,
  );
});

test('bpftool loads the largest function of the library', async () => {
  expect(await run('build', 'firewall', '-o', 'firewall.o')).toMatchObject({ status: 0, stderr: '' });
  execFileSync('bpftool', ['prog', 'loadall', join(folder, 'firewall.o'), PINS]);
});

test('the artefact goes where the source goes', async () => {
  expect(await run('build', EXAMPLE, '-o', 'count.vnf.json')).toMatchObject({ status: 0 });
  const [checked, simulated] = await Promise.all([
    run('check', 'count.vnf.json', '--json'),
    run('simulate', 'count.vnf.json', '--pcap', 'in.pcap', '--config', 'config.yaml', '--json'),
  ]);
  expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, verified: true });
  expect(simulated.stdout.match(/"verdict":"\w+"/g)).toEqual(['"verdict":"next"', '"verdict":"drop"']);
});

test('what it cannot write is refused', async () => {
  expect(await run('build', EXAMPLE, '-o', 'count.elf')).toMatchObject({ status: 2, stdout: '' });
  expect((await run('build', EXAMPLE)).status).toBe(2);
});
