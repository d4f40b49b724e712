// Deep packet inspection on a wire, with nDPI's process: what is named, what is held back, and what its crash costs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { Ndpi } from '@twinpath/ndpi';
import { packetFromText } from '@twinpath/packet';
import { writePcap } from '@twinpath/packet/pcap';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const NEAR = ['10.0.0.1', 'fd00::1'] as const;
const PORT = 8000;
const missing = await Ndpi.start().then(
  (ndpi) => ndpi[Symbol.asyncDispose]().then(() => undefined),
  (error: Error) => error.message,
);

const APPLICATIONS = [{ name: 'Forbidden', servers: ['*.forbidden.example'] }];
const HOLDING = {
  mode: 'hold',
  policies: [{ applications: ['Forbidden'], action: 'drop' }],
  applications: APPLICATIONS,
};

let lab: Lab;
let far: Host;
let chain: RunningChain;
let folder: string;
const said: string[] = [];
const log = { debug() {}, info: hear, warn: hear, error: hear };
function hear(text: string): void {
  said.push(text);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tp-dpi-'));
  lab = createLab('tp-dpi');
  const near = lab.host('near');
  far = lab.host('far');
  const addresses = [
    NEAR.map((one) => `${one}/${one.includes(':') ? 64 : 24}`),
    ['10.0.0.2/24', 'fd00::2/64'],
  ] as const;
  lab.link(near, 'port', far, 'eth0', { addresses, knownNeighbours: true });
  await near.echo({ tcp: PORT });
  chain = await startChain(
    {
      name: `dpi-${process.pid}`,
      ports: { port: { interface: 'port', namespace: near.namespace } },
      paths: [['port', 'dpi', 'host']],
      functions: [
        {
          name: 'dpi',
          use: libraryFunctions().get('dpi') ?? '',
          config: HOLDING,
        },
      ],
    },
    { log },
  );
}, 60_000);
afterAll(async () => {
  await chain?.stop();
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  expect(lab.leftovers()).toEqual([]);
});

const operate = (name: string, input: object = {}) => chain.functions[0]?.operate(name, input);
/** The server is asked, and answers. */
async function isAnswered(address: string, server: string, timeout = 3000): Promise<boolean> {
  const { ok } = await far.tcp(address, PORT, `GET / HTTP/1.1\r\nHost: ${server}\r\n\r\n`, { timeout });
  return ok;
}
/** Verdicts on flows to a port. */
async function named(dport: number): Promise<readonly unknown[]> {
  const flows: unknown = await operate('flows', { most: 10_000 });
  const of = (flow: { sport: number; dport: number }) => flow.dport === dport || flow.sport === dport;
  return (Array.isArray(flows) ? flows : []).filter(of).map(({ application }) => application);
}

/** The processes of nDPI that this process has. */
function children(): readonly number[] {
  const own = (pid: string) => {
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return (
        parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('ndpi/src/child-main')
      );
    } catch {
      return false; // it has ended meanwhile
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && own(name))
    .map(Number);
}

describe.skipIf(missing !== undefined)(`dpi${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test.each(NEAR)('lets through and names what is allowed, and holds back what is not: %s', async (address) => {
    expect(await isAnswered(address, 'fine.example')).toBe(true);
    expect(await isAnswered(address, 'www.forbidden.example', 700)).toBe(false);
    expect(await named(PORT)).toEqual(expect.arrayContaining(['HTTP', 'Forbidden']));
    const totals = await operate('applications');
    expect(totals).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ application: 'HTTP', action: 'allow' }),
        expect.objectContaining({ application: 'Forbidden', protocol: 'HTTP', action: 'drop' }),
      ]),
    );
  });

  test.skipIf(spawnSync('tcpreplay', ['-V']).error !== undefined)(
    'counts every packet of a capture that tcpreplay sends, for its application',
    async () => {
      const file = join(folder, 'dns.pcap');
      const name = '03777777076578616d706c65036e65740000010001';
      const answer = 'c00c000100010000003c0004c0000250';
      const packets = Array.from({ length: 100 }, (_, index) => {
        const [client, server] = [`203.0.113.${1 + (index % 4)}`, '192.0.2.1'];
        const sport = 5000 + index;
        return [
          packetFromText(`ip ${client} > ${server} / udp ${sport} > 53 / hex 123401000001000000000000${name}`),
          packetFromText(`ip ${server} > ${client} / udp 53 > ${sport} / hex 123481800001000100000000${name}${answer}`),
        ];
      }).flat();
      writeFileSync(file, writePcap(packets.map((bytes) => ({ bytes }))));
      const before = await count();
      await far.exec('tcpreplay', ['--pps=2000', '-i', 'eth0', file]);
      await vi.waitFor(async () => expect((await count()) - before).toBe(200), 5000);
      expect(new Set(await named(53))).toEqual(new Set(['DNS']));
    },
  );
  async function count(): Promise<number> {
    const totals: unknown = await operate('applications');
    const rows: readonly { application: string; packets: number }[] = Array.isArray(totals) ? totals : [];
    return rows.find(({ application }) => application === 'DNS')?.packets ?? 0;
  }

  test('goes on without nDPI when it crashes, says so, and has it again', async () => {
    const [pid = 0, ...more] = children();
    expect(more).toEqual([]);
    process.kill(pid, 'SIGSEGV');
    await vi.waitFor(
      () => expect(said.join('\n')).toMatch(/lost: it was ended by SIGSEGV; the next try is in 100 ms/),
      5000,
    );
    expect(await isAnswered(NEAR[0], 'still.example')).toBe(true);
    expect(await isAnswered(NEAR[1], 'still.forbidden.example', 700)).toBe(false);
    await vi.waitFor(() => expect(said.join('\n')).toContain('nDPI is there again'), 10_000);
    expect(children()).toHaveLength(1);
    expect(children()).not.toContain(pid);
    expect((await chain.statistics()).functions[0]?.slowPath.restarts).toBe(0);
  });

  test('only counts while it sniffs', async () => {
    await chain.configure('dpi', { mode: 'sniff', applications: APPLICATIONS });
    expect(await isAnswered(NEAR[0], 'now.forbidden.example')).toBe(true);
    expect(await operate('applications')).toContainEqual(
      expect.objectContaining({ application: 'Forbidden', action: 'allow' }),
    );
  });
});

test('ends its process with the chain', async () => {
  await chain.stop();
  await vi.waitFor(() => expect(children()).toEqual([]), 5000);
});
