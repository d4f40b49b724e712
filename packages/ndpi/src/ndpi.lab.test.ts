// The real library in its child process.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { packetFromText } from '@twinpath/packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NdpiBusyError, NdpiLostError, NdpiMissingError } from './errors.ts';
import { Ndpi, type NdpiOptions } from './ndpi.ts';
import { RISKS } from './risks.ts';
import type { Shown } from './wire.ts';

const ETHERNET = 14;
const HOST = 'GET / HTTP/1.1\\r\\nHost: www.example.com\\r\\nUser-Agent: curl/8\\r\\n\\r\\n';
const frames = {
  dns: 'ip 10.0.0.1 > 10.0.0.2 / udp 40000 > 53 / hex 123401000001000000000000077878616d706c6503636f6d0000010001',
  http: `ip 10.0.0.1 > 10.0.0.2 / tcp 40000 > 80 psh ack sequence 1 / "${HOST}"`,
  ssh: 'ip 10.0.0.2 > 10.0.0.1 / tcp 22 > 40000 psh ack sequence 1 / "SSH-2.0-OpenSSH_9.2\\r\\n"',
};
const packets = Object.fromEntries(
  Object.entries(frames).map(([name, text]) => [name, packetFromText(text).subarray(ETHERNET)]),
);
const packetOf = (name: keyof typeof frames) => packets[name] ?? new Uint8Array(0);
const decide = (flow: number, packet: Uint8Array, at = 0): Shown => ({
  flow,
  packet,
  at,
  then: 'decide',
});

const started: Ndpi[] = [];
async function start(options: NdpiOptions = {}): Promise<Ndpi> {
  const ndpi = await Ndpi.start(options);
  started.push(ndpi);
  return ndpi;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((ndpi) => ndpi[Symbol.asyncDispose]()));
});
const pidOf = ({ pid }: Ndpi) => pid ?? 0;

const missing = await Ndpi.start().then(
  (ndpi) => ndpi[Symbol.asyncDispose]().then(() => ''),
  (error: unknown) => (error instanceof NdpiMissingError ? ` (skipped: ${error.message})` : Promise.reject(error)),
);

describe.skipIf(missing !== '')(`nDPI${missing}`, () => {
  it('names applications, what carries them, and their categories', async () => {
    const ndpi = await start();
    const verdicts = await ndpi.show([
      decide(1, packetOf('dns')),
      decide(2, packetOf('http')),
      decide(3, packetOf('ssh')),
    ]);
    const names = verdicts.map(({ flow, application, protocol, category }) => [flow, application, protocol, category]);
    expect(names).toEqual([
      [1, 'DNS', 'DNS', 'Network'],
      [2, 'HTTP', 'HTTP', 'Web'],
      [3, 'SSH', 'SSH', 'RemoteAccess'],
    ]);
    expect(verdicts.every(({ isFinal }) => isFinal)).toBe(true);
    expect(ndpi.applications).toContain('YouTube');
  });

  it('names its risks as policies do', async () => {
    expect((await start()).risks.slice(1)).toEqual(RISKS.slice(1));
  });

  it('says which risks it sees', async () => {
    const ndpi = await start();
    const url =
      'GET /?id=1%27%20OR%201=1%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1\\r\\nHost: 10.0.0.2\\r\\n\\r\\n';
    const frame = packetFromText(`ip 10.0.0.1 > 10.0.0.2 / tcp 40000 > 80 psh ack sequence 1 / "${url}"`);
    const [verdict] = await ndpi.show([decide(1, frame.subarray(ETHERNET))]);
    const named = ndpi.risks.filter((_, risk) => (((verdict?.risks ?? 0n) >> BigInt(risk)) & 1n) === 1n);
    expect(named).toContain('HTTP Numeric IP Address');
  });

  it('runs without capabilities and without a way to get any', async () => {
    const ndpi = await start();
    const status = readFileSync(`/proc/${pidOf(ndpi)}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];
    const none = '0000000000000000';
    expect(['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map(field)).toEqual([none, none, none, none]);
    expect(field('NoNewPrivs')).toBe('1');
    if (process.getuid?.() !== 0) return;
    expect([field('CapBnd'), field('Uid'), field('Groups')]).toEqual([none, '65534\t65534\t65534\t65534', '']);
  });

  it('costs what it was asked when it crashes, says so, and is there again', async () => {
    const lost: [string, number][] = [];
    const back = Promise.withResolvers<void>();
    const ndpi = await start({
      onLost: ({ message }, retryMs) => lost.push([message, retryMs]),
      onBack: () => back.resolve(),
    });
    const before = pidOf(ndpi);
    process.kill(before, 'SIGSTOP');
    const asked = ndpi.show([decide(1, packetOf('dns'))]);
    process.kill(before, 'SIGSEGV');
    process.kill(before, 'SIGCONT');
    await expect(asked).rejects.toThrow(NdpiLostError);
    await expect(ndpi.show([decide(1, packetOf('dns'))])).rejects.toThrow('not there at present');
    await back.promise;
    expect(lost).toEqual([["nDPI's process was lost: it was ended by SIGSEGV", 100]]);
    expect(pidOf(ndpi)).not.toBe(before);
    expect(await ndpi.show([decide(1, packetOf('ssh'))])).toMatchObject([{ application: 'SSH' }]);
  });

  it('waits longer before each start while it crashes at once', async () => {
    const waits: number[] = [];
    const ndpi = await start({ onLost: (_, retryMs) => waits.push(retryMs) });
    for (let crash = 1; crash <= 3; crash++) {
      await vi.waitFor(() => expect(ndpi.pid).toBeDefined(), 10_000);
      process.kill(pidOf(ndpi), 'SIGSEGV');
      await vi.waitFor(() => expect(waits).toHaveLength(crash), 10_000);
    }
    expect(waits).toEqual([100, 200, 400]);
  });

  it('ends a process that does not answer', async () => {
    const lost = Promise.withResolvers<string>();
    const ndpi = await start({ answerWithinMs: 200, onLost: ({ message }) => lost.resolve(message) });
    process.kill(pidOf(ndpi), 'SIGSTOP');
    await expect(ndpi.show([decide(1, packetOf('dns'))])).rejects.toThrow(NdpiLostError);
    expect(await lost.promise).toContain('SIGKILL');
  });

  it('is not asked more than it gets done, and answers all that it was asked', async () => {
    const ndpi = await start();
    process.kill(pidOf(ndpi), 'SIGSTOP');
    const packet = new Uint8Array(60_000);
    const asked = Array.from({ length: 50 }, () => {
      return ndpi.show(Array.from({ length: 20 }, (_, flow) => ({ flow, packet, at: 0 })));
    });
    process.kill(pidOf(ndpi), 'SIGCONT');
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ reason }) => reason instanceof NdpiBusyError)).toBe(true);
    expect(settled.length - refused.length).toBeGreaterThan(20);
    expect(await ndpi.show([decide(1000, packetOf('ssh'))])).toMatchObject([{ application: 'SSH' }]);
  });

  it('survives damaged packets, or is there again behind the one that it did not', async () => {
    const ndpi = await start();
    let seed = 12_345;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const damaged = (packet: Uint8Array) => {
      const bytes = Uint8Array.from(packet.subarray(0, 1 + random(packet.length)));
      for (let count = 0; count < 4; count++) bytes[random(bytes.length)] = random(256);
      return bytes;
    };
    for (let batch = 0; batch < 20; batch++) {
      const records = Array.from({ length: 500 }, (_, index): Shown => {
        const packet = damaged(Object.values(packets)[random(3)] ?? new Uint8Array(1));
        return { flow: random(300), packet, at: batch * 1000 + index };
      });
      await ndpi.show(records).catch((error: unknown) => {
        if (!(error instanceof NdpiLostError)) throw error;
      });
      await vi.waitFor(() => expect(ndpi.pid).toBeDefined(), 10_000);
    }
    expect(await ndpi.show([decide(1000, packetOf('ssh'), 1e6)])).toMatchObject([{ application: 'SSH' }]);
  });

  it('ends with its input', async () => {
    const ndpi = await start();
    const pid = pidOf(ndpi);
    await ndpi[Symbol.asyncDispose]();
    await delay(0);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends where it hangs', async () => {
    const ndpi = await start();
    const pid = pidOf(ndpi);
    process.kill(pid, 'SIGSTOP');
    await ndpi[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

it.each([
  ['libnothing-here.so', /nDPI cannot be used: .*libnothing-here\.so/],
  ['libc.so.6', /libc\.so\.6 has no ndpi_revision/],
])('says what is missing, and how to get it: %s', async (library, message) => {
  const error = await Ndpi.start({ library }).catch((reason: unknown) => reason);
  if (!(error instanceof NdpiMissingError)) throw error;
  expect(error.message).toMatch(message);
  expect(error.hint).toContain('apt-get install libndpi4.2');
});
