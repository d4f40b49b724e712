import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packetFromText } from '@twinpath/packet';
import { readCapture, writePcap, writePcapng } from '@twinpath/packet/pcap';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';

const FUNCTION = `import { bounce, drop, ip, next, packetIn, slowPath, stack, table, u32, vnf, type Packet } from '@twinpath/vnf';
import { z } from 'zod';
const seen = table({ key: { src: ip }, value: { packets: u32 }, max: 100, idleTimeout: '10 s' });
const unknown = packetIn({ metadata: { length: u32 }, limit: '1000/s' });
function ingress(packet: Packet, config: { readonly closed: number }) {
  const header = packet.ip();
  if (!header) return stack;
  const udp = header.udp();
  if (!udp) return bounce;
  if (udp.dport === config.closed) return drop;
  const known = seen.lookup({ src: header.src });
  if (known) {
    known.packets += 1;
    return next;
  }
  seen.insert({ src: header.src }, { packets: 1 });
  return slowPath(unknown, { length: packet.length });
}
export default vnf({
  name: 'sorter',
  config: z.strictObject({ closed: z.number().default(9) }),
  tables: { seen },
  reasons: { unknown },
  fastPath: { ingress, egress: () => next },
  slowPath: () => ({ unknown: (packet) => packet.drop() }),
});
`;
const SECOND = 1_000_000_000n;
const PACKETS = [
  [0n, 'arp who-has 10.0.0.2 tell 10.0.0.1'],
  [0n, 'ip 10.0.0.1 > 10.0.0.2 / tcp 40000 > 80 syn'],
  [0n, 'ip 10.0.0.1 > 10.0.0.2 / udp 40000 > 9 / "no"'],
  [1n, 'ip 10.0.0.1 > 10.0.0.2 / udp 40000 > 53 / "first"'],
  [2n, 'ip 10.0.0.1 > 10.0.0.2 / udp 40000 > 53 / "again"'],
  // The entry is too old by then: the clock is the capture's.
  [30n, 'ip 10.0.0.1 > 10.0.0.2 / udp 40000 > 53 / "late"'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'twinpath-simulate-'));
const file = (name: string) => join(folder, name);
beforeAll(() => {
  const packets = PACKETS.map(([seconds, text]) => ({ bytes: packetFromText(text), time: seconds * SECOND }));
  writeFileSync(file('sorter.vnf.ts'), FUNCTION);
  writeFileSync(file('in.pcap'), writePcap(packets));
  writeFileSync(file('in.pcapng'), writePcapng(packets));
  writeFileSync(file('config.yaml'), 'closed: 53\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const simulate = (...operands: readonly string[]) =>
  twinpath(['simulate', 'sorter.vnf.ts', ...operands], { cwd: folder });
const results = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
const verdicts = (stdout: string) => results(stdout).map(({ verdict }) => verdict);

test('every packet has its verdict, from pcap and pcapng, in the kernel and the evaluator alike', async () => {
  const kernel = await simulate('--pcap', 'in.pcap', '--json');
  const evaluator = await simulate('--pcap', 'in.pcapng', '--json', '--on', 'evaluator', '--out', 'out.pcapng');
  expect(kernel.stderr).toBe('');
  expect(evaluator).toEqual(kernel);
  const shown = results(kernel.stdout).map(({ bytes: _, ...rest }) => rest);
  const base = { reason: null, port: null, decidedBy: 'sorter' };
  expect(shown).toEqual([
    { ...base, n: 1, verdict: 'stack' },
    { ...base, n: 2, verdict: 'bounce', port: 'port' },
    { ...base, n: 3, verdict: 'drop' },
    { ...base, n: 4, verdict: 'slow-path', reason: 'unknown' },
    { ...base, n: 5, verdict: 'next' },
    { ...base, n: 6, verdict: 'slow-path', reason: 'unknown' },
  ]);
  const bytes = results(kernel.stdout).map((result) => result.bytes);
  expect(bytes).toEqual(PACKETS.map(([, text]) => Buffer.from(packetFromText(text)).toString('hex')));
  const left = [...readCapture(readFileSync(file('out.pcapng')))];
  expect(left.map(({ time }) => time)).toEqual([0n, 0n, 2n * SECOND]);
});

test('the configuration is that of the file, in the engine too', async () => {
  const { stdout } = await simulate('--pcap', 'in.pcap', '--json', '--on', 'engine', '--config', 'config.yaml');
  expect(verdicts(stdout)).toEqual(['stack', 'bounce', 'slow-path', 'drop', 'drop', 'drop']);
});

test('for people it is a line for each packet', async () => {
  const { stdout } = await simulate('--pcap', 'in.pcap', '--on', 'evaluator');
  expect(stdout.split('\n').slice(1, 4)).toEqual([
    '     2  bounce to port        unchanged',
    '     3  drop                  unchanged',
    '     4  slow-path unknown     unchanged',
  ]);
});

test('in a chain the next function sees what one lets by, and the one that decides is named', async () => {
  const chain = `functions:
  - { name: first, use: ./sorter.vnf.ts, config: { closed: 9 } }
  - { name: second, use: ./sorter.vnf.ts, config: { closed: 53 } }
`;
  writeFileSync(file('chain.yaml'), chain);
  const { stdout } = await twinpath(['simulate', 'chain.yaml', '--pcap', 'in.pcap', '--json'], { cwd: folder });
  expect(results(stdout).map(({ verdict, decidedBy }) => `${verdict} by ${decidedBy}`)).toEqual([
    'stack by first',
    'bounce by first',
    'drop by first',
    'slow-path by first',
    'drop by second',
    'slow-path by first',
  ]);
  const given = ['simulate', 'chain.yaml', '--pcap', 'in.pcap', '--json', '--on', 'engine', '--out', 'left.pcap'];
  expect(await twinpath(given, { cwd: folder })).toMatchObject({ status: 0, stdout });
  expect([...readCapture(readFileSync(file('left.pcap')))]).toHaveLength(2);
  writeFileSync(file('wrong.yaml'), chain.replace('53', "'x'"));
  const wrong = await twinpath(['simulate', 'wrong.yaml', '--pcap', 'in.pcap'], { cwd: folder });
  expect(wrong).toMatchObject({ status: 1, stdout: '' });
  expect(wrong.stderr).toMatch(/wrong\.yaml:3:\d+/);
});

test('what decided in a function is named where the function says it: a rule of the firewall', async () => {
  const rules =
    '{ rules: [{ action: drop, protocol: tcp, port: 23 }, { name: web, action: allow, protocol: tcp, port: 80 }] }';
  writeFileSync(file('rules.yaml'), rules);
  const sent = ['tcp 1 > 23 syn', 'tcp 1 > 80 syn', 'tcp 1 > 80 ack', 'udp 1 > 2'];
  const packets = sent.map((text) => ({ bytes: packetFromText(`ip 10.0.0.1 > 10.0.0.2 / ${text}`) }));
  writeFileSync(file('web.pcap'), writePcap(packets));
  for (const on of ['evaluator', 'kernel']) {
    const operands = ['--config', 'rules.yaml', '--pcap', 'web.pcap', '--json', '--on', on];
    const { stdout } = await twinpath(['simulate', 'firewall', ...operands], { cwd: folder });
    expect(results(stdout).map(({ verdict, decidedBy }) => `${verdict} by ${decidedBy}`)).toEqual([
      'drop by firewall: rules[0]',
      'next by firewall: rules[1] web',
      'next by firewall: rules[1] web',
      'drop by firewall: otherwise',
    ]);
  }
});

const SWITCH = `import { drop, forward, ip, packetIn, portName, slowPath, table, vnf } from '@twinpath/vnf';
const ways = table({ key: { src: ip }, value: { to: portName }, max: 100, idleTimeout: '10 s' });
const unknown = packetIn({ limit: '1000/s' });
export default vnf({
  name: 'switch',
  ports: ['left', 'right'],
  tables: { ways },
  reasons: { unknown },
  fastPath(packet) {
    const header = packet.ip();
    if (!header) return drop;
    const known = ways.lookup({ src: header.src });
    return known ? forward(known.to) : slowPath(unknown);
  },
  slowPath: ({ tables }) => ({
    unknown(packet) {
      const src = packet.ip()?.src;
      if (src !== undefined) tables.ways.set({ src }, { to: packet.port === 'left' ? 'right' : 'left' });
      packet.retry();
    },
  }),
});
`;

test('in the engine slow paths answer, between ports whose captures come together by time, with the clock of those', async () => {
  const from = (host: number, seconds: bigint) => {
    return { bytes: packetFromText(`ip 10.0.0.${host} > 10.0.0.9 / udp 1 > 2`), time: seconds * SECOND };
  };
  writeFileSync(file('switch.vnf.ts'), SWITCH);
  writeFileSync(
    file('switch.yaml'),
    `ports: { a: l, b: r }
paths: [a → switch:left, switch:right → b]
functions: [{ name: switch, use: ./switch.vnf.ts }]
`,
  );
  writeFileSync(file('left.pcap'), writePcap([from(1, 1n), from(1, 3n), from(1, 30n)]));
  writeFileSync(file('right.pcap'), writePcap([from(2, 2n)]));
  const given = [
    'simulate',
    'switch.yaml',
    '--on',
    'engine',
    '--json',
    '--pcap',
    'a=left.pcap',
    '--pcap',
    'b=right.pcap',
  ];
  const outs = ['--out', 'a=to-a.pcap', '--out', 'b=to-b.pcapng', '--out', 'all.pcap'];
  const { stdout, stderr, status } = await twinpath([...given, ...outs], { cwd: folder });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const hex = (host: number) => Buffer.from(from(host, 0n).bytes).toString('hex');
  const asked = (host: number, port: string) => ({
    ...{ verdict: 'slow-path', reason: 'unknown', port: null },
    sent: [{ port, side: 'wire', bytes: hex(host) }],
  });
  expect(results(stdout)).toEqual(
    [
      { n: 1, from: 'a', ...asked(1, 'b'), bytes: hex(1) },
      { n: 2, from: 'b', ...asked(2, 'a'), bytes: hex(2) },
      { n: 3, from: 'a', verdict: 'forward', reason: null, port: 'b', bytes: hex(1) },
      // Its entry is too old.
      { n: 4, from: 'a', ...asked(1, 'b'), bytes: hex(1) },
    ].map((one) => ({ ...one, decidedBy: 'switch' })),
  );
  const times = (name: string) => [...readCapture(readFileSync(file(name)))].map(({ time }) => (time ?? 0n) / SECOND);
  expect([times('to-a.pcap'), times('to-b.pcapng'), times('all.pcap')]).toEqual([
    [2n],
    [1n, 3n, 30n],
    [1n, 2n, 3n, 30n],
  ]);
  const wrong = await twinpath(['simulate', 'switch.yaml', '--pcap', 'c=left.pcap'], { cwd: folder });
  expect(wrong.stderr).toContain('there is no port c');
});

test('what is no capture is refused', async () => {
  const ended = await simulate('--pcap', 'sorter.vnf.ts');
  expect(ended).toMatchObject({ status: 1, stdout: '' });
  expect(ended.stderr).toContain('sorter.vnf.ts: this is neither a pcap nor a pcapng file');
});
