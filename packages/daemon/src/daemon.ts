// All parts of the daemon, put together.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { Accounts } from './access/accounts.ts';
import { Audit } from './access/audit.ts';
import { RateLimit } from './access/rate-limit.ts';
import { Tokens } from './access/tokens.ts';
import { ChainHost } from './chains/chain-host.ts';
import { Control } from './control/control.ts';
import { RefusedError } from './control/refusal.ts';
import { EventLog } from './events/event-log.ts';
import { Catalogue } from './functions/catalogue.ts';
import { type Bindings, createApp } from './http/app.ts';
import { type Listening, listenOnSocket, listenOnTls } from './http/listen.ts';
import { chainRoutes } from './http/routes/chains.ts';
import { daemonRoutes } from './http/routes/daemon.ts';
import { documentRoutes } from './http/routes/documents.ts';
import { functionRoutes } from './http/routes/functions.ts';
import { memberRoutes } from './http/routes/members.ts';
import type { Services } from './http/routes/services.ts';
import { chainLog, type DaemonLog } from './log/log.ts';
import { metricsText } from './metrics/metrics-text.ts';
import { Secrets } from './secrets/secrets.ts';
import type { Settings } from './settings.ts';
import { openDatabase } from './store/database.ts';
import { openStore } from './store/open-store.ts';

export interface Daemon extends AsyncDisposable {
  readonly app: Hono<{ Bindings: Bindings }>;
  readonly control: Control;
  readonly host: ChainHost;
  readonly events: EventLog;
  readonly tokens: Tokens;
  /** Where it listens on TCP, if it does. */
  readonly port: number | undefined;
  /** Reads certificates again. */
  reload(): void;
  /** Takes all chains off the host; without this they run on, and the next daemon goes on with them. */
  stopChains(): Promise<void>;
}

const { version }: { readonly version: string } = createRequire(import.meta.url)('../package.json');

/** Brings this machine to what is wanted, and listens. @throws Error: its files or its sockets cannot be had. */
export async function startDaemon(settings: Settings, log: DaemonLog): Promise<Daemon> {
  await using stack = new AsyncDisposableStack();
  const database = openDatabase(join(settings.stateDirectory, 'twinpathd.db'));
  stack.defer(() => database.close());
  const store = stack.use(openStore(settings, database));
  const catalogue = stack.use(new Catalogue({ stateDirectory: settings.stateDirectory, database, version }));
  const events = new EventLog();
  const secrets = new Secrets((use) => catalogue.configSchema(use, control.plan.functions));
  const redact = (text: string) => secrets.redact(text);
  const lines = { log, events, redact };
  const host = new ChainHost({
    stateDirectory: settings.stateDirectory,
    changeSeconds: settings.limits.changeSeconds,
    logOf: (chain) => chainLog(lines, chain),
    redact,
    onTrouble(chain) {
      const { state, problem } = control.chainStatus(chain);
      events.add({ kind: 'chain', chain, state, ...(problem && { detail: problem.detail }) });
      if (host.isLost(chain)) control.trouble();
    },
  });
  const warn = (text: string) => chainLog(lines, '').warn(text);
  const control: Control = stack.use(new Control({ settings, version, store, host, catalogue, events, secrets, warn }));
  const [accounts, tokens, audit] = [new Accounts(settings.socket), new Tokens(database), new Audit(database)];
  const metrics = () => metricsText({ control, host });
  const openStream = streamsOf(settings.limits.streams);
  const services: Services = { secrets, version, control, host, catalogue, events, tokens, audit, metrics, openStream };
  const app = createApp({
    settings,
    accounts,
    tokens,
    audit,
    redact,
    rates: new RateLimit(settings.limits),
    routes: [documentRoutes, chainRoutes, memberRoutes, functionRoutes, daemonRoutes].flatMap((make) => make(services)),
    report(error) {
      const incident = randomUUID().slice(0, 8);
      log.error({ err: error, incident }, 'a request met a fault');
      return incident;
    },
  });
  await control.start();
  const listening: Listening[] = [stack.use(await listenOnSocket(app, settings.socket))];
  if (settings.tcp !== undefined) listening.push(stack.use(await listenOnTls(app, settings.tcp)));
  const owned = stack.move();
  return {
    app,
    control,
    host,
    events,
    tokens,
    port: listening.at(-1)?.port,
    reload() {
      for (const one of listening) one.reload();
    },
    stopChains: () => host.stopAll(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** So many at once. */
function streamsOf(most: number): () => Disposable {
  let open = 0;
  return () => {
    if (open >= most) {
      const detail = `${most} streams are open already`;
      throw new RefusedError({ status: 429, code: 'TP_TOO_OFTEN', detail, hint: 'end one of them' });
    }
    open++;
    let isOpen = true;
    return {
      [Symbol.dispose]() {
        if (isOpen) open--;
        isOpen = false;
      },
    };
  };
}
