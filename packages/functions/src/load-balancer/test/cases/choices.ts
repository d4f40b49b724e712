// Which backend a flow gets.
import { hash, hashOf, type Ip } from '@twinpath/vnf';
import { maglevRing } from '../../maglev.ts';
import { bySource as shape } from '../../place.ts';
import {
  after,
  BACKEND_PORT,
  type Case,
  type Config,
  drops,
  goesTo,
  holds,
  PORT,
  packet,
  type Service,
  type Setting,
  SLOTS,
  type Step,
  settings,
  withServices,
} from './case.ts';

const SEED = 0x6c62;

interface Placed {
  readonly setting: Setting;
  readonly sport: number;
  readonly client?: string;
  readonly backend: number;
}

/** A flow's first packet, and the backend, by its place in the configuration, that it must go to. */
function placed({ setting, sport, client = setting.client, backend }: Placed): Step {
  const address = setting.backends[backend] ?? '';
  return goesTo(
    packet(setting, [client, sport], [setting.vip, PORT], 'syn'),
    packet(setting, [client, sport], [address, BACKEND_PORT], 'syn'),
    { placed: 1 },
  );
}

const service = ({ protocol, vip, backends }: Setting, more: Partial<Service> = {}, weights = [10, 10, 10]): Config =>
  withServices({
    address: vip,
    port: PORT,
    protocol,
    backends: backends.map((address, index) => ({ address, port: BACKEND_PORT, weight: weights[index] ?? 0 })),
    ...more,
  });

const ports = Array.from({ length: 12 }, (_, index) => 41_000 + 17 * index);

/** What the slow path's own arithmetic says. */
function ringOf({ backends }: Setting, weights: readonly number[]): Int32Array {
  const weighted = backends.map((address, index) => ({
    address,
    port: BACKEND_PORT,
    weight: (weights[index] ?? 0) * 1000,
  }));
  return maglevRing(weighted, SLOTS) ?? new Int32Array();
}
const byFlow = (setting: Setting, sport: number, weights = [10, 10, 10], seed = SEED): number => {
  const { client: src, vip: dst, protocol } = setting;
  return ringOf(setting, weights)[hash({ src, dst, sport, dport: PORT, protocol }, seed) % SLOTS] ?? 0;
};
const bySource = (setting: Setting, client: Ip): number =>
  ringOf(setting, [10, 10, 10])[hashOf(shape, { client }, SEED) % SLOTS] ?? 0;

const clientsOf = ({ isIp4 }: Setting) =>
  Array.from({ length: 9 }, (_, index) => (isIp4 ? `198.51.100.${10 + index}` : `2001:db8:c::${10 + index}`));

export const choices: readonly Case[] = settings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const clients = clientsOf(setting);
  return [
    {
      title: `${name}, maglev: a flow goes where the hash says, and on every balancer with the same configuration`,
      config: service(setting),
      steps: ports.map((sport) => placed({ setting, sport, backend: byFlow(setting, sport) })),
    },
    {
      title: `${name}, maglev: a backend of weight 0 gets no flows`,
      config: service(setting, {}, [10, 0, 10]),
      steps: ports.map((sport) => placed({ setting, sport, backend: byFlow(setting, sport, [10, 0, 10]) })),
    },
    {
      title: `${name}, maglev: another seed places otherwise`,
      config: { ...service(setting), seed: 99 },
      steps: ports.map((sport) => placed({ setting, sport, backend: byFlow(setting, sport, [10, 10, 10], 99) })),
    },
    {
      title: `${name}, source: all flows of a client go to one backend`,
      config: service(setting, { algorithm: 'source' }),
      steps: clients.flatMap((client) =>
        [1, 2].map((sport) => placed({ setting, client, sport, backend: bySource(setting, client) })),
      ),
    },
    {
      title: `${name}, round robin: backends get flows in turn, by weight`,
      config: service(setting, { algorithm: 'round-robin' }, [20, 10, 10]),
      steps: [0, 1, 2, 0, 0, 1, 2, 0].map((backend, index) => placed({ setting, sport: 42_000 + index, backend })),
    },
    {
      title: `${name}, least connections: of two backends the one with fewer flows gets the next, for its weight`,
      config: service(setting, { algorithm: 'least-connections' }, [10, 20, 0]),
      given: ({ active }) => {
        active.set(1, { flows: 10 });
        active.set(2, { flows: 30 });
      },
      steps: ports.map((sport) => placed({ setting, sport, backend: leastOf(setting, sport, [10, 30]) })),
    },
    {
      title: `${name}, affinity: a client stays with its backend`,
      config: service(setting, { algorithm: 'round-robin', affinity: 'source' }),
      steps: clients
        .slice(0, 3)
        .flatMap((client, index) => [1, 2, 3].map((sport) => placed({ setting, client, sport, backend: index }))),
      finally: ({ affinities }) => holds('affinities', 3, affinities.size),
    },
    {
      title: `${name}, affinity: it is forgotten half an hour behind the last flow`,
      config: service(setting, { algorithm: 'round-robin', affinity: 'source' }),
      steps: [
        placed({ setting, sport: 1, backend: 0 }),
        after('1799 s', placed({ setting, sport: 2, backend: 0 })),
        after('1803 s', placed({ setting, sport: 3, backend: 1 })),
      ],
    },
    {
      title: `${name}, affinity: a client leaves a backend that is down or draining`,
      config: service(setting, { algorithm: 'round-robin', affinity: 'source' }),
      given: ({ affinities, servers }) => {
        const [first, second] = clients;
        const entry = servers.get(1);
        if (first === undefined || second === undefined || entry === undefined) throw new Error('there are three');
        affinities.set({ service: 0, client: first }, { server: 1 });
        affinities.set({ service: 0, client: second }, { server: 3 });
        servers.set(1, { ...entry, state: 'drained' });
      },
      steps: [
        placed({ setting, client: clients[1] ?? '', sport: 1, backend: 2 }),
        placed({ setting, client: clients[2] ?? '', sport: 1, backend: 0 }),
        placed({ setting, client: clients[0] ?? '', sport: 1, backend: 1 }),
      ],
    },
    {
      title: `${name}: more new flows than allowed in a second are dropped, and known ones are not`,
      config: service(setting, { newFlows: 3, algorithm: 'round-robin' }),
      steps: [
        ...[0, 1, 2].map((backend) => placed({ setting, sport: backend, backend })),
        drops(packet(setting, [setting.client, 5], [setting.vip, PORT], 'syn'), { limited: 1 }),
        { ...placed({ setting, sport: 0, backend: 0 }), counts: { known: 1 } },
        after('1 s', placed({ setting, sport: 5, backend: 0 })),
      ],
    },
    {
      title: `${name}: without a living backend the host gets new flows, where that is said`,
      config: service(setting, { whenNone: 'stack' }, [0, 0, 0]),
      steps: [
        {
          send: packet(setting, [setting.client, 5], [setting.vip, PORT], 'syn'),
          verdict: 'stack',
          counts: { noServer: 1 },
        },
      ],
    },
    {
      title: `${name}: backends that drain get no new flows`,
      config: drained(setting, 0, 1),
      steps: ports.slice(0, 4).map((sport) => placed({ setting, sport, backend: 2 })),
    },
  ];
});

function leastOf(setting: Setting, sport: number, flows: readonly [number, number]): number {
  const [one, other] = [byFlow(setting, sport, [10, 20, 0]), byFlow(setting, sport, [10, 20, 0], SEED ^ 1)];
  const load = (backend: number) => (flows[backend] ?? 0) / (backend === 0 ? 10 : 20);
  return load(one) > load(other) ? other : one;
}

function drained(setting: Setting, ...which: readonly number[]): Config {
  const { address, backends, ...rest } = { ...service(setting).services?.[0] };
  if (address === undefined || backends === undefined || rest.port === undefined) throw new Error('there is a service');
  const marked = backends.map((backend, index) => ({ ...backend, drain: which.includes(index) }));
  return withServices({ ...rest, port: rest.port, address, backends: marked });
}
