// Asks servers for their health and load, and brings the tables to what they say.
import type { Ip, LiveTables, Log, Sockets } from '@twinpath/vnf';
import { isWell } from './checks/is-well.ts';
import type { Target } from './checks/target.ts';
import type { Config } from './config.ts';
import { entryOf, nameOf, portOf, type Server, serversOf, WHOLE } from './fleet.ts';
import { Health } from './health.ts';
import { slotsOf } from './layout.ts';
import { LoadFactor } from './load/load-factor.ts';
import { loadOf } from './load/load-of.ts';
import { elementsOf } from './ring-slots.ts';
import type { active, halfOpen, plan, servers, sessions } from './tables.ts';

type Tables = LiveTables<{
  plan: typeof plan;
  servers: typeof servers;
  sessions: typeof sessions;
  halfOpen: typeof halfOpen;
  active: typeof active;
}>;

export interface Surroundings {
  readonly tables: Tables;
  readonly sockets: Sockets;
  readonly log: Log;
  readonly signal: AbortSignal;
  config(): Config;
}

interface Watched {
  server: Server;
  readonly health: Health;
  readonly load: LoadFactor;
  /** When to ask next, in milliseconds of `performance.now()`; infinite while an answer is awaited. */
  checkAt: number;
  loadAt: number;
}

const SNMP_PORT = 161;
const MS = 1_000_000;

export class Keeper {
  readonly #around: Surroundings;
  #config: Config | undefined;
  #watched: Watched[] = [];
  readonly #changed = new Set<Watched>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get servers(): readonly Server[] {
    this.#reload();
    return this.#watched.map(({ server }) => server);
  }

  /** Asks whoever is due, and does not wait for answers. */
  tick(): void {
    this.#reload();
    this.#apply();
    const now = performance.now();
    for (const one of this.#watched) {
      if (one.server.state === 'drained') continue;
      if (one.checkAt <= now) void this.#check(one);
      if (one.loadAt <= now) void this.#askLoad(one);
    }
  }

  /** The configuration may have changed: `configure` has brought the tables to it. */
  #reload(): void {
    const config = this.#around.config();
    if (config === this.#config) return;
    this.#config = config;
    this.#changed.clear();
    this.#watched = serversOf(config, this.#around.tables.servers).map((server) => {
      const { check, load } = server.service;
      return {
        server,
        health: new Health(server.state !== 'down', check ?? { rise: 1, fall: 1 }),
        load: new LoadFactor(server.factor / WHOLE),
        checkAt: check ? 0 : Number.POSITIVE_INFINITY,
        loadAt: load ? 0 : Number.POSITIVE_INFINITY,
      };
    });
  }

  async #check(one: Watched): Promise<void> {
    const { service } = one.server;
    const { check } = service;
    if (!check) return;
    one.checkAt = Number.POSITIVE_INFINITY;
    const begun = performance.now();
    try {
      const well = await isWell(
        check,
        this.#target(one, check.port ?? portOf(one.server), check.within),
        this.#around.sockets,
      );
      if (this.#isStale(one)) return;
      if (one.health.told(well)) this.#change(one, { state: one.health.isUp ? 'up' : 'down' });
    } catch (error) {
      this.#around.log.error(`${nameOf(one.server)} cannot be checked: ${String(error)}`);
    } finally {
      one.checkAt = begun + check.every / MS;
    }
  }

  async #askLoad(one: Watched): Promise<void> {
    const { load } = one.server.service;
    if (!load) return;
    one.loadAt = Number.POSITIVE_INFINITY;
    const begun = performance.now();
    const port = load.port ?? (load.from === 'snmp' ? SNMP_PORT : portOf(one.server));
    try {
      const value = await this.#loadOf(one, () =>
        loadOf(load, this.#target(one, port, load.within), this.#around.sockets),
      );
      if (!this.#isStale(one) && one.load.told(value)) {
        this.#change(one, { factor: Math.round(one.load.factor * WHOLE) });
      }
    } finally {
      one.loadAt = begun + load.every / MS;
    }
  }

  async #loadOf({ server }: Watched, ask: () => Promise<number>): Promise<number | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.#around.log.debug(`${nameOf(server)} does not tell its load: ${String(error)}`);
      return undefined;
    }
  }

  #target({ server }: Watched, port: number, within: number): Target {
    const { address }: { readonly address: Ip } = server.backend;
    const signal = AbortSignal.any([this.#around.signal, AbortSignal.timeout(within / MS)]);
    return { address, port, signal };
  }

  /** The answer is about a configuration that is over, or nobody waits for it any more. */
  #isStale(one: Watched): boolean {
    return this.#around.signal.aborted || this.#around.config() !== this.#config || !this.#watched.includes(one);
  }

  #change(one: Watched, news: Partial<Pick<Server, 'state' | 'factor'>>): void {
    one.server = { ...one.server, ...news };
    const { state, factor } = one.server;
    this.#around.log.info(`${nameOf(one.server)} is ${state}, with ${(100 * factor) / WHOLE} % of its weight`);
    this.#changed.add(one);
  }

  /** What has changed since the last tick goes into the tables at once. */
  #apply(): void {
    if (this.#changed.size === 0 || !this.#config) return;
    const { tables } = this.#around;
    const changed = [...this.#changed].map(({ server }) => server);
    this.#changed.clear();
    const write = (wanted: (server: Server) => boolean) => {
      for (const server of changed.filter(wanted)) tables.servers.set(server.number, entryOf(server));
    };
    // Whoever the ring names must be there, on both sides of the change.
    write(({ state }) => state === 'up');
    tables.plan.replace({ ring: elementsOf(slotsOf(this.#config, this.servers)) });
    write(({ state }) => state !== 'up');
    for (const { number, state } of changed) if (state === 'down') tables.active.set(number, { flows: 0 });
  }

  /** A timeout removed a session, which the fast path does not see. */
  flowEnded(server: number): void {
    const { active } = this.#around.tables;
    const flows = active.get(server)?.flows ?? 0;
    if (flows > 0) active.set(server, { flows: flows - 1 });
  }

  /** Counted anew: both paths write the counts, and neither waits for the other. */
  countFlows(): void {
    const { tables } = this.#around;
    const flows = new Map<number, number>();
    for (const [, { server, fromServer, state }] of tables.sessions) {
      if (!fromServer && state !== 'closing') flows.set(server, (flows.get(server) ?? 0) + 1);
    }
    for (const { number } of this.servers) tables.active.set(number, { flows: flows.get(number) ?? 0 });
  }
}

/** Forgets the flows of a server, which are placed anew with their next packets. How many there were. */
export function endFlows(tables: Pick<Tables, 'sessions' | 'halfOpen' | 'active'>, number: number): number {
  const own = (_: unknown, { server }: { readonly server: number }) => server === number;
  const ended = tables.sessions.deleteWhere(own) + tables.halfOpen.deleteWhere(own);
  tables.active.set(number, { flows: 0 });
  // One for each direction.
  return Math.ceil(ended / 2);
}
