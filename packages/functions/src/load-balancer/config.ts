import { isIp4, net } from '@twinpath/vnf';
import { z } from 'zod';
import { Check } from './checks/config.ts';
import { Load } from './load/config.ts';
import { rangeOf, SERVER_IDS, SERVICES, SLOTS } from './sizes.ts';

export const Backend = z.strictObject({
  address: net.ip(),
  /** Left out: the port that the client asked for. */
  port: net.portNumber().optional(),
  /** 0: no new flows; those that are there go on. */
  weight: z.int().min(0).max(1000).default(10),
  /** No new flows, as with weight 0, and health and load are no longer asked. */
  drain: z.boolean().default(false),
});
export type Backend = z.infer<typeof Backend>;

export const Service = z.strictObject({
  address: net.ip(),
  port: net.portRange(),
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  /** `nat`: to the backend's address and port, answers come back through here. `direct`: the frame is sent to the backend, the packet
   *  stays as it is. `tunnel`: the packet goes to the backend inside of another one. Both: backends answer by themselves. */
  mode: z.enum(['nat', 'direct', 'tunnel']).default('nat'),
  /** Which backend gets a new flow. */
  algorithm: z.enum(['maglev', 'source', 'round-robin', 'least-connections']).default('maglev'),
  /** `source`: a client's new flows go where its last one went, for half an hour behind it. */
  affinity: z.enum(['none', 'source']).default('none'),
  /** New flows each second; more are dropped. 0: no limit. */
  newFlows: z.int().min(0).max(10_000_000).default(0),
  /** What becomes of new flows when no backend is there; `stack`: the host may serve them itself. */
  whenNone: z.enum(['drop', 'stack']).default('drop'),
  check: Check.optional(),
  load: Load.optional(),
  backends: z.array(Backend).max(1000),
});
export type Service = z.infer<typeof Service>;

const Given = z.strictObject({
  services: z.array(Service).max(SERVICES).default([]),
  /** Of services with mode `tunnel`: where packets say that they come from, and what the way to the backends carries. */
  tunnel: z
    .strictObject({
      source4: net.ip4().optional(),
      source6: net.ip6().optional(),
      mtu: z.int().min(1300).max(65_535).default(1500),
    })
    .prefault({}),
  /** Of the hash that places flows: the same on all balancers that are to place alike, and nobody's business but yours. */
  seed: z.int().min(0).max(0xffff_ffff).default(0x6c62),
  /** Slots of each service's ring, a prime: a share is its weight to within a few slots. */
  slots: z.literal([251, 1021, 4093, 16_381, 65_537]).default(4093),
  /** What becomes of the flows of a backend that is down. `end`: they are placed anew, which ends TCP at once. */
  whenDown: z.enum(['end', 'keep']).default('end'),
});

export const Config = Given.superRefine((given, context) => {
  const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (given.services.length * given.slots > SLOTS) {
    refuse(['slots'], `${given.services.length} services with ${given.slots} slots each are more than ${SLOTS} slots`);
  }
  const backends = given.services.reduce((sum, service) => sum + service.backends.length, 0);
  if (backends > SERVER_IDS) refuse(['services'], `${backends} backends are more than ${SERVER_IDS}`);
  for (const [index, service] of given.services.entries()) {
    for (const { at, why } of problemsOf(service, given)) refuse(['services', index, ...at], why);
  }
}).transform((given) => ({ ...given, uses: usesOf(given.services) }));
export type Config = z.infer<typeof Config>;

interface Problem {
  readonly at: readonly (string | number)[];
  readonly why: string;
}

function* problemsOf(service: Service, { tunnel, services }: z.infer<typeof Given>): Generator<Problem> {
  const { address, mode, backends } = service;
  for (const [index, backend] of backends.entries()) {
    const at = ['backends', index];
    if (isIp4(backend.address) !== isIp4(address))
      yield { at, why: `${backend.address} is not of the family of ${address}` };
    if (mode !== 'nat' && backend.port !== undefined) {
      yield { at: [...at, 'port'], why: `with mode ${mode} backends see the client's port; leave it out` };
    }
    const isTwice = backends.findIndex((other) => isSame(other, backend)) !== index;
    if (isTwice) yield { at, why: `${backend.address} is there twice; give it more weight instead` };
  }
  const source = isIp4(address) ? 'source4' : 'source6';
  if (mode === 'tunnel' && tunnel[source] === undefined) yield { at: ['mode'], why: `a tunnel needs tunnel.${source}` };
  const first = services.find((other) => overlap(other, service));
  if (first !== service)
    yield { at: ['port'], why: `another service has ${address} ${service.protocol} ${service.port}` };
}

const isSame = (a: Backend, b: Backend) => a.address === b.address && a.port === b.port;

function overlap(a: Service, b: Service): boolean {
  const [first, second] = [rangeOf(a.port), rangeOf(b.port)];
  const meet = first.low <= second.high && second.low <= first.high;
  return meet && a.address === b.address && a.protocol === b.protocol;
}

/** What the services need of the fast path: the rest of it is not compiled. */
function usesOf(services: readonly Service[]) {
  const some = (test: (service: Service) => boolean) => services.some(test);
  return {
    ip4: some(({ address }) => isIp4(address)),
    ip6: some(({ address }) => !isIp4(address)),
    direct: some(({ mode }) => mode === 'direct'),
    tunnel: some(({ mode }) => mode === 'tunnel'),
    affinity: some(({ affinity }) => affinity === 'source'),
    limit: some(({ newFlows }) => newFlows > 0),
    source: some(({ algorithm }) => algorithm === 'source'),
    turns: some(({ algorithm }) => algorithm === 'round-robin'),
    least: some(({ algorithm }) => algorithm === 'least-connections'),
  };
}
