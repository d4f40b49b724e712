// One round: an idle daemon, many rules, a scrape of them, workers, many chains.
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createLab } from '@twinpath/testing/lab';
import { BenchDaemon } from './daemon.ts';

const RULES = 10_000;
const CHAINS = 1_000;
const WORKERS = 4;
const SCRAPES = 5;
const IDLE_S = 5;
const SETTLE_MS = 2_000;

/** A slow path as small as there can be. */
const LISTENER = `import { next, packetIn, slowPath, vnf } from '@twinpath/vnf';
const asked = packetIn({ limit: '1000/s' });
export default vnf({
  name: 'listener',
  reasons: { asked },
  fastPath: { ingress: (packet) => (packet.ip()?.udp()?.dport === 9 ? slowPath(asked) : next), egress: () => next },
  slowPath: () => ({ asked: (packet) => packet.drop() }),
});
`;

export interface Round {
  readonly idleMemory: number;
  /** Of a core. */
  readonly idleCpu: number;
  readonly rulesStarted: number;
  readonly rulesStartedCpu: number;
  /** One rule of them is another one. */
  readonly rulesChanged: number;
  readonly rulesChangedCpu: number;
  readonly series: number;
  readonly scrape: number;
  readonly scrapeCpu: number;
  readonly workerMemory: number;
  readonly chainsLoaded: number;
}

export async function measureRound(): Promise<Round> {
  await using lab = createLab('tp-bench-control');
  const host = lab.host('a');
  lab.link(host, 'eth0', lab.host('b'), 'eth0');
  lab.link(host, 'eth1', lab.host('c'), 'eth0');
  const names = { rules: `bench-rules-${process.pid}`, workers: `bench-workers-${process.pid}` };
  await using daemon = new BenchDaemon(Object.values(names));
  const { client } = daemon;
  // The first start is for the file system's caches.
  await daemon.start();
  await daemon.stop();
  const empty = await daemon.start();
  await delay(SETTLE_MS);
  const before = daemon.cpuSeconds;
  await delay(IDLE_S * 1000);
  const idle = { idleCpu: (daemon.cpuSeconds - before) / IDLE_S, idleMemory: daemon.resident };

  /** Milliseconds: on the clock, and of the daemon's CPU time, which others' load changes less. */
  const timed = async (work: () => Promise<unknown>) => {
    const [began, cpu] = [performance.now(), daemon.cpuSeconds];
    await work();
    return { wall: performance.now() - began, cpu: (daemon.cpuSeconds - cpu) * 1000 };
  };
  const place = (link: string) => ({ interface: link, namespace: host.namespace });
  const rulesOf = (changed: number) => ({
    ...place('eth0'),
    functions: [{ use: 'firewall', config: { rules: rules(changed) } }],
  });
  const put = (chain: string, body: object) => client.call('putChain', { params: { chain }, body });
  const started = await timed(() => put(names.rules, rulesOf(-1)));
  const changed = await timed(() => put(names.rules, rulesOf(RULES / 2)));
  const read = async () => text(await client.stream('getMetrics'));
  // Who asks comes again and again.
  const metrics = await read();
  const scrapes = await timed(async () => {
    for (let n = 0; n < SCRAPES; n++) await read();
  });
  const series = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  await client.call('deleteChain', { params: { chain: names.rules } });

  const upload = { kind: 'source', content: LISTENER } as const;
  await client.call('uploadFunction', { params: { function: 'listener' }, body: upload });
  const workers = (count: number) => ({
    ...place('eth1'),
    functions: Array.from({ length: count }, (_, n) => ({ name: `l${n}`, use: 'listener', worker: 'own' as const })),
  });
  await put(names.workers, workers(1));
  await delay(SETTLE_MS);
  const one = daemon.resident;
  await put(names.workers, workers(1 + WORKERS));
  await delay(SETTLE_MS);
  const workerMemory = (daemon.resident - one) / WORKERS;
  await client.call('deleteChain', { params: { chain: names.workers } });

  const elsewhere = {
    nodes: { site: 'elsewhere' },
    interface: 'eth0',
    functions: [{ use: 'firewall', config: { rules: rules(-1, 5) } }],
  };
  const chains = Object.fromEntries(Array.from({ length: CHAINS }, (_, n) => [`chain-${n}`, elsewhere]));
  await client.call('putDocument', { body: { chains } });
  await daemon.stop();
  const chainsLoaded = (await daemon.start()) - empty;
  const { data } = await client.call('getStatus');
  if (data.chains.length !== CHAINS) throw new Error(`${data.chains.length} chains came back`);
  return {
    ...idle,
    rulesStarted: started.wall,
    rulesStartedCpu: started.cpu,
    rulesChanged: changed.wall,
    rulesChangedCpu: changed.cpu,
    series,
    scrape: scrapes.wall / SCRAPES,
    scrapeCpu: scrapes.cpu / SCRAPES,
    workerMemory,
    chainsLoaded,
  };
}

/** Mixed ones; that with the number `changed` is another one. */
function rules(changed: number, count = RULES) {
  return Array.from({ length: count }, (_, n) => ({
    action: n % 3 === 0 ? 'drop' : 'allow',
    direction: 'in',
    from: `10.${n >> 8}.${n & 255}.0/24`,
    protocol: n % 2 === 0 ? 'tcp' : 'udp',
    port: n === changed ? 65_535 : 1 + (n % 60_000),
  }));
}
