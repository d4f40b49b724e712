import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleProgram, attachXdp, BpfMap, BpfProgram } from '@twinpath/ebpf';
import {
  createVeth,
  deleteLink,
  getLink,
  inNamespace,
  Netlink,
  openFds,
  PacketSocket,
  setLink,
  traceFds,
} from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { type ChainFunctionSpec, lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { payloads, Veth } from '../fixtures/veth.ts';
import { detachLink, ourLinks } from '../host/links.ts';
import { pinDirectory, RECORD_ROOT, recordFile } from '../host/paths.ts';
import { takeDown } from '../host/take-down.ts';
import type { InstancePlane } from '../instance-plane.ts';
import { KernelPlane } from '../kernel/kernel-plane.ts';
import { ChainError } from './chain-error.ts';
import type { RunningChain } from './running.ts';
import { type StartOptions, startChain } from './start-chain.ts';

const SMALL = new URL('../fixtures/small.vnf.ts', import.meta.url).pathname;
const REMEMBERS = new URL('../fixtures/remembers.vnf.ts', import.meta.url).pathname;
const HOLD = new URL('../fixtures/hold.ts', import.meta.url).pathname;
const UNPRIVILEGED = new URL('../fixtures/unprivileged.ts', import.meta.url).pathname;
const CHAIN = 'tp-runtime-life';

let veth: Veth;

beforeAll(() => {
  traceFds();
  veth = new Veth('life');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});
afterEach(() => {
  const left = leftovers();
  // So that one failure is not the failure of all tests behind it.
  for (const chain of [CHAIN, `${CHAIN}-2`]) takeDown({ chain });
  expect(left).toEqual([]);
});

interface Change {
  readonly name?: string;
  readonly port?: PortSpec;
  readonly functions?: readonly ChainFunctionSpec[];
}

const start = (change: Change = {}, options: StartOptions = {}) => {
  const { name = CHAIN, port = { interface: 'port', namespace: veth.near, hook: 'xdp' }, functions } = change;
  return startChain(lineChain(name, port, functions ?? [{ name: 'held', use: SMALL }]), { log: silent, ...options });
};

/** What of our chains is on the host. */
function leftovers(): readonly string[] {
  const paths = [CHAIN, `${CHAIN}-2`].flatMap((chain) => [pinDirectory(chain), recordFile(chain)]);
  const links = ourLinks().filter(({ program }) => program.startsWith('tp_held'));
  return [...paths.filter((path) => existsSync(path)), ...links.map(({ program }) => program)];
}

async function refusal(starting: Promise<unknown>): Promise<ChainError> {
  const error: unknown = await starting.catch((thrown) => thrown);
  if (!(error instanceof ChainError)) throw error;
  return error;
}

function arrive(payload: string): Promise<string[]> {
  veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp 5 > 7 / "${payload}"`);
  return new Promise((resolve) => setTimeout(() => resolve(payloads(veth.takeIn())), 100));
}

describe('a chain is refused', () => {
  test('without an interface of that name', async () => {
    const error = await refusal(start({ port: { interface: 'none', namespace: veth.near } }));
    expect(error.message).toBe(`chain ${CHAIN}: there is no interface none in namespace ${veth.near}`);
    expect(error.hint).toBe(`interfaces in namespace ${veth.near} are lo, port`);
  });

  test('without its namespace', async () => {
    const error = await refusal(start({ port: { interface: 'port', namespace: 'tp-runtime-none' } }));
    expect(error.message).toBe(`chain ${CHAIN}: there is no network namespace tp-runtime-none`);
    expect(error.code).toBe('TP_NAMESPACE');
  });

  test('with ports in several namespaces that have one number', async () => {
    const ports = { a: { interface: 'port', namespace: veth.near }, b: { interface: 'far', namespace: veth.far } };
    const functions = [{ name: 'held', use: SMALL }];
    const error = await refusal(startChain({ name: CHAIN, ports, paths: [['a', 'held', 'b']], functions }));
    expect(error.message).toMatch(/the interfaces of ports a and b, in different namespaces, both have number \d+$/);
    expect(error.path).toEqual(['ports', 'b']);
  });

  test('with names that are none', async () => {
    expect((await refusal(start({ name: '../up' }))).message).toBe('chain ../up: this is no name of a chain');
    expect((await refusal(start({ functions: [] }))).message).toBe(`chain ${CHAIN}: it has no function`);
  });

  test('on an interface with an XDP program of somebody else', async () => {
    using program = BpfProgram.load(assembleProgram('somebody', 'xdp', 'r0 = 2\nexit'));
    using _link = inNamespace(veth.near, () => {
      const { ifindex } = getLink(veth.netlink, 'port');
      return attachXdp({ program, ifindex, mode: 'generic' });
    });
    const error = await refusal(start());
    const { id } = program.info();
    expect(error.message).toBe(`chain ${CHAIN}: port has an XDP program already: somebody (id ${id}, generic)`);
    expect(error.hint).toBe(
      'remove it: ip link set dev port xdp off, or bpftool link detach; or let packets enter by `hook: tcx`, behind it',
    );
  });

  test('under a name that runs, or on a port that a chain has', async () => {
    await using _chain = await start();
    const same = await refusal(start());
    expect(same.message).toBe(
      `chain ${CHAIN}: it runs already, on port in namespace ${veth.near} (process ${process.pid})`,
    );
    expect(same.hint).toBe(`end process ${process.pid}, or give this chain another name`);
    const taken = await refusal(start({ name: `${CHAIN}-2` }));
    expect(taken.message).toMatch(
      new RegExp(
        `port has an XDP program already: tp_held_in \\(id \\d+, native, chain ${CHAIN}, process ${process.pid}\\)$`,
      ),
    );
    expect(taken.hint).toBe(`twinpath down ${CHAIN}`);
  });

  test('when its function is no function, or fails', async () => {
    await expect(start({ functions: [{ name: 'held', use: HOLD.replace('hold', 'nothing') }] })).rejects.toThrow(
      /nothing/,
    );
    const failing = [{ name: 'held', use: SMALL, config: { fail: 'slow path' } }];
    await expect(start({ functions: failing })).rejects.toThrow('it was asked to fail');
    const wrong = [{ name: 'held', use: SMALL, config: { hold: 'maybe' } }];
    await expect(start({ functions: wrong })).rejects.toThrow("configuration of function held: hold is 'maybe'");
  });
});

test('without privileges a chain says which, and how to get them', () => {
  const told: unknown = JSON.parse(execFileSync(process.execPath, [UNPRIVILEGED], { encoding: 'utf8' }));
  expect(told).toMatchObject({
    code: 'TP_PRIVILEGE',
    message: expect.stringMatching(/^chain unprivileged: the process lacks CAP_BPF \(to load programs and maps\), /),
    hint: 'run as root, or as a service with AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_ADMIN',
  });
});

test('whatever step fails, nothing is left behind', async () => {
  const steps: string[] = [];
  await using complete = await start(
    {},
    { plane: (options) => failing(new KernelPlane(options), steps, () => Number.POSITIVE_INFINITY) },
  );
  await complete.stop();
  expect(new Set(steps)).toEqual(
    new Set(['portState', 'maps', 'stageMaps', 'load', 'refreshPorts', 'attach', 'packetOut', 'listen']),
  );
  // Reading the state of the port is not a step of its own; the first of each kind is.
  for (const step of new Set(steps)) {
    const at = steps.indexOf(step);
    await expect(
      start({}, { plane: (options) => failing(new KernelPlane(options), [], () => at) }),
      step,
    ).rejects.toThrow(`${step} was asked to fail`);
    expect(leftovers(), step).toEqual([]);
  }
  expect(await arrive('free')).toEqual(['free']);
});

test('whatever step of a change fails, the chain goes on as it was', async () => {
  const steps: string[] = [];
  let at = Number.POSITIVE_INFINITY;
  const plane: StartOptions['plane'] = (options) => failing(new KernelPlane(options), steps, () => at);
  await using chain = await start({}, { plane });
  const descriptors = openFds().length;
  const pins = readdirSync(join(pinDirectory(CHAIN), 'maps', 'held'));
  const before = steps.length;
  await chain.configure('held', { hold: true });
  const change = steps.slice(before);
  expect(new Set(change)).toEqual(new Set(['maps', 'stageMaps', 'load', 'refreshPorts', 'attach']));
  for (const [number, step] of change.entries()) {
    await chain.configure('held', { hold: false });
    at = steps.length + number;
    await expect(chain.configure('held', { hold: true }), `${number}: ${step}`).rejects.toThrow('was asked to fail');
    at = Number.POSITIVE_INFINITY;
    const { packets, verdicts } = (await chain.statistics()).functions[0] ?? {};
    expect(await arrive('through')).toEqual(['through']);
    const after = (await chain.statistics()).functions[0];
    expect(after?.packets).toBe((packets ?? 0) + 1);
    expect(after?.verdicts.next).toBe((verdicts?.next ?? 0) + 1);
    expect(openFds()).toHaveLength(descriptors);
    expect(readdirSync(join(pinDirectory(CHAIN), 'maps', 'held'))).toEqual(pins);
  }
});

test('whatever step of a replacement fails, the old version goes on with its tables', async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-life-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true }));
  const [first, second] = ['flows', 'flows-2'].map(
    (name) => new URL(`../fixtures/${name}.vnf.ts`, import.meta.url).pathname,
  );
  const functions = [{ name: 'held', use: first ?? '' }];
  let planes = 0;
  let steps: string[] = [];
  let at = Number.POSITIVE_INFINITY;
  const plane: StartOptions['plane'] = (options) =>
    planes++ === 0 ? new KernelPlane(options) : failing(new KernelPlane(options), steps, () => at);
  const begin = () => {
    planes = 0;
    return start({ functions }, { plane, stateDirectory });
  };
  const packets = async (chain: RunningChain) => {
    const [entry] = (await chain.functions[0]?.entries('flows')) ?? [];
    return Number(Object(entry?.[1]).traffic?.packets);
  };
  {
    await using chain = await begin();
    await chain.replace('held', second ?? '', { probationMs: 0 });
  }
  rmSync(join(stateDirectory, CHAIN), { recursive: true });
  const kinds = new Set(steps);
  expect(kinds).toEqual(
    new Set(['portState', 'adopt', 'maps', 'stageMaps', 'load', 'refreshPorts', 'attach', 'packetOut', 'listen']),
  );
  const numbers = [...kinds].map((kind) => steps.indexOf(kind));
  await using chain = await begin();
  await arrive('first');
  const descriptors = openFds().length;
  const pins = readdirSync(join(pinDirectory(CHAIN), 'maps', 'held'));
  for (const number of numbers) {
    [steps, at] = [[], number];
    await expect(chain.replace('held', second ?? '', { probationMs: 0 }), `${number}`).rejects.toThrow(
      'was asked to fail',
    );
    at = Number.POSITIVE_INFINITY;
    const before = await packets(chain);
    expect(await arrive('through')).toEqual(['through']);
    expect(await packets(chain)).toBe(before + 1);
    expect(openFds()).toHaveLength(descriptors);
    expect(readdirSync(join(pinDirectory(CHAIN), 'maps', 'held'))).toEqual(pins);
  }
});

test('a chain whose interface is gone stops like any other', async () => {
  using other = new Veth('gone');
  const chain = await start({ port: { interface: 'port', namespace: other.near, hook: 'xdp' } });
  deleteLink(other.netlink, 'port');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await chain.stop();
});

test('a disk that is full is an error that leaves no record', async () => {
  // Its own mount namespace: nobody else sees this disk.
  const script = `
    mount -t tmpfs -o size=4k,nr_inodes=8 none ${RECORD_ROOT} && head -c 4096 /dev/zero > ${RECORD_ROOT}/fill
    "$@"; ls ${RECORD_ROOT}; umount ${RECORD_ROOT}`;
  mkdirSync(RECORD_ROOT, { recursive: true });
  const operands = ['-m', 'sh', '-c', script, 'sh', process.execPath, HOLD, CHAIN, veth.near, SMALL];
  const { stdout, stderr } = spawnSync('unshare', operands, { encoding: 'utf8' });
  expect(stderr).toContain(`ChainError: chain ${CHAIN}: it cannot be recorded`);
  expect(stderr).toContain('ENOSPC');
  expect(stdout).toBe('fill\n');
});

describe('a chain whose process was killed', () => {
  test('lets packets pass on, keeps its name, and is taken down without it', async () => {
    const { pid } = await killed();
    expect(await arrive('still')).toEqual(['still']);
    const error = await refusal(start({ port: { interface: 'lo', namespace: veth.near } }));
    expect(error.message).toBe(
      `chain ${CHAIN}: it was left behind by process ${pid}, which is gone, on port in namespace ${veth.near}, and is wanted elsewhere; its fast path still runs there`,
    );
    expect(error.hint).toBe(`twinpath down ${CHAIN}`);

    const { chains, strays } = takeDown({ chain: CHAIN });
    expect(strays).toEqual([]);
    expect(chains).toHaveLength(1);
    expect(chains[0]).toMatchObject({ chain: CHAIN, interface: 'port', namespace: veth.near });
    expect(chains[0]?.process).toMatchObject({ pid, alive: false });
    expect(chains[0]?.links.map(({ program, type }) => [program, type])).toEqual([['tp_held_in', 'xdp']]);
    expect(chains[0]?.pins.length).toBeGreaterThan(3);
    expect(takeDown({ chain: CHAIN }).chains).toEqual([]);
    await using _again = await start();
  });

  test('is taken down by its pins when the record is lost, or spoilt', async () => {
    await killed();
    rmSync(recordFile(CHAIN));
    expect(takeDown({ chain: CHAIN }).chains[0]?.process).toBeUndefined();
    expect(leftovers()).toEqual([]);
    await killed();
    writeFileSync(recordFile(CHAIN), '{"version": 1, "cha');
    expect(takeDown({ chain: CHAIN }).chains[0]?.links).toHaveLength(1);
  });

  test('is found by the names of its programs when pins and record are lost', async () => {
    const child = await started();
    rmSync(recordFile(CHAIN));
    rmSync(pinDirectory(CHAIN), { recursive: true });
    const strays = ourLinks().filter(({ program }) => program.startsWith('tp_held'));
    expect(strays.map(({ program }) => program)).toEqual(['tp_held_in']);
    for (const { id } of strays) expect(detachLink(id)?.program).toBe('tp_held_in');
    await end(child);
  });
});

test('a table that the configuration has no use for takes no memory until one has, and others keep what they hold', async () => {
  await end(await started(REMEMBERS));
  const room = () => {
    using map = BpfMap.fromPin(join(pinDirectory(CHAIN), 'maps', 'held', 'flows'));
    return map.info().maxEntries;
  };
  expect(room()).toBe(5000);
  // The process that follows has other wishes.
  await using chain = await start({ functions: [{ name: 'held', use: REMEMBERS, config: { flows: false } }] });
  expect(room()).toBe(1);
  const [held] = chain.functions;
  const entries = async (table: string) => (await held?.entries(table))?.length;
  await arrive('kept');
  expect([await entries('ports'), await entries('flows')]).toEqual([1, 0]);
  await chain.configure('held', { flows: true });
  expect(room()).toBe(5000);
  await arrive('new');
  expect([await entries('ports'), await entries('flows')]).toEqual([1, 1]);
  await expect(chain.configure('held', { flows: 'many' })).rejects.toThrow(/flows/);
  await chain.configure('held', { flows: false });
  expect(room()).toBe(1);
  expect([await entries('ports'), await entries('flows')]).toEqual([1, 0]);
});

test('a chain that is taken down while its process lives says so', async () => {
  const chain = await start();
  const { chains } = takeDown({ chain: CHAIN });
  expect(chains[0]?.process).toMatchObject({ pid: process.pid, alive: true });
  expect(await arrive('free')).toEqual(['free']);
  await chain.stop();
  await chain.stop();
});

test('where the driver has no XDP, packets meet a chain in tcx, or in the stack if that is wanted', async () => {
  const port = { interface: 'lo', namespace: veth.near };
  await expect(start({ port: { ...port, mode: 'native' } })).rejects.toMatchObject({
    code: 'EOPNOTSUPP',
    message: expect.stringMatching(/interface lo \(native XDP\) failed/),
    hint: "use mode 'generic'",
  });
  expect(leftovers()).toEqual([]);
  {
    await using chain = await start({ port });
    expect(chain.ports).toMatchObject([{ interface: 'lo', hook: 'tcx', mode: undefined }]);
  }
  await using chain = await start({ port: { ...port, mode: 'auto' } });
  expect(chain.mode).toBe('generic');
});

test('a stopped chain does nothing more', async () => {
  const chain = await start();
  await chain.stop();
  await expect(chain.configure('held', {})).rejects.toThrow(`chain ${CHAIN}: it was stopped`);
  await expect(chain.statistics()).rejects.toThrow(`chain ${CHAIN}: it was stopped`);
});

function started(use = SMALL): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLD, CHAIN, veth.near, use], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
  });
}

async function killed(): Promise<ChildProcess> {
  const child = await started();
  await end(child);
  return child;
}

function end(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit');
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** A data plane whose `at`-th use fails. */
function failing(plane: InstancePlane, steps: string[], at: () => number): InstancePlane {
  const step = (name: string): InstancePlane => {
    steps.push(name);
    if (steps.length - 1 === at()) throw new Error(`${name} was asked to fail`);
    return plane;
  };
  return {
    cpus: plane.cpus,
    cpuNumbers: plane.cpuNumbers,
    get places() {
      return plane.places;
    },
    set places(places) {
      plane.places = places;
    },
    get maps() {
      return step('maps').maps;
    },
    get packetOut() {
      return step('packetOut').packetOut;
    },
    portState: (name) => step('portState').portState(name),
    interfaceIndex: (name) => plane.interfaceIndex(name),
    onPortChange: (changed) => plane.onPortChange(changed),
    refreshPorts: () => step('refreshPorts').refreshPorts(),
    adopt: () => step('adopt').adopt(),
    stageMaps: (specs, fresh) => step('stageMaps').stageMaps(specs, fresh),
    hasMap: (name) => plane.hasMap(name),
    load: (programs, staged) => step('load').load(programs, staged),
    attach: (programs) => step('attach').attach(programs),
    discardEvents: () => step('discardEvents').discardEvents(),
    watch: (fd, onEvent) => plane.watch(fd, onEvent),
    listen: (handler, drained) => step('listen').listen(handler, drained),
    [Symbol.dispose]: () => plane[Symbol.dispose](),
  };
}

test('an interface that is waited for is used again when it is back, with the tables that there were', async () => {
  using other = new Veth('life-2');
  const flows = { name: 'flows', use: new URL('../fixtures/flows.vnf.ts', import.meta.url).pathname };
  const port = { interface: 'port', namespace: other.near, hook: 'xdp', whenGone: 'wait' } as const;
  const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-life-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true }));
  await using chain = await start({ port, functions: [flows] }, { stateDirectory });
  const known = async () => (await chain.functions[0]?.entries('flows'))?.map(([key]) => Object(key).sport);
  other.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 2 > 7 / "x"');
  await vi.waitFor(async () => expect(await known()).toEqual([2]));
  deleteLink(other.netlink, 'port');
  await vi.waitFor(() => expect(chain.ports).toMatchObject([{ isWaiting: true }]), 3000);
  createVeth(other.netlink, { name: 'port', queues: 1, peer: { name: 'far', queues: 1, namespace: other.far } });
  setLink(other.netlink, 'port', { up: true });
  using netlink = new Netlink(other.far);
  setLink(netlink, 'far', { up: true });
  await vi.waitFor(() => expect(chain.ports).toMatchObject([{ isWaiting: false }]), 5000);
  using socket = new PacketSocket({ link: 'far', namespace: other.far });
  // Through the slow path, and back to the new interface.
  socket.send(packetFromText('ip 10.9.0.2 > 10.9.0.50 / udp 3 > 7 / "x"'));
  await vi.waitFor(async () => expect((await known())?.sort()).toEqual([2, 3]));
  await vi.waitFor(async () => {
    const [{ verdicts = {} } = {}] = (await chain.statistics()).functions;
    expect(verdicts).toMatchObject({ next: 2, slowPath: 1 });
  });
});
