// The one place where what is wanted changes: checked, brought to this machine, and then kept; or nothing of it.

import { setTimeout as delay } from 'node:timers/promises';
import type { ChainStatus, Change, NodeReport, Status } from '@twinpath/api';
import { askHost } from '../chains/ask-host.ts';
import type { ChainHost } from '../chains/chain-host.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Catalogue } from '../functions/catalogue.ts';
import { refusalOf } from '../functions/refusal-of.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Settings } from '../settings.ts';
import {
  type Commit,
  ConflictError,
  type Documents,
  type Head,
  type Store,
  StoreUnreachableError,
} from '../store/store.ts';
import { checkPlan } from './check-plan.ts';
import { changed, kept, type Writes, writesTo, written } from './edits.ts';
import { type Conditions, requireConditions, type Target } from './etag.ts';
import { learnSecrets, withoutSecrets, withSecrets } from './hidden.ts';
import { isWanted, type Plan, planDocuments, type Summary, selects, summaryOf, targetsOf, touched } from './plan.ts';
import { conflict, notFound, RefusedError } from './refusal.ts';

export interface ChangeRequest extends Conditions {
  readonly by: string;
  readonly mayBringCode: boolean;
  readonly message?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Goes back after so many seconds, unless it is confirmed. */
  readonly confirm?: number | undefined;
  /** What the conditions are of. */
  readonly target?: Target;
  /** Takes back what waits to be confirmed, and so may come before that. */
  readonly isRollback?: boolean;
  /** @throws RefusedError */
  edit(head: Head): Writes | Promise<Writes>;
}

export interface ControlOptions {
  readonly settings: Pick<Settings, 'node' | 'labels'>;
  readonly version: string;
  readonly store: Store;
  readonly host: ChainHost;
  readonly catalogue: Catalogue;
  readonly events: EventLog;
  readonly secrets: Secrets;
  /** Something went wrong that nobody has asked for. */
  warn(text: string): void;
}

const NOTHING: Head = { revision: 0, documents: new Map(), confirmBy: undefined };
/** Chains that do not run are tried again, and stores that do not answer. */
const RETRY_MS = 2000;
/** So often a node says how it is, and whenever that changes; one that says nothing for so long is not there. */
const REPORT_EVERY_MS = 10_000;
const REPORT_SECONDS = 30;

export class Control implements AsyncDisposable {
  readonly #options: ControlOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #stack = new AsyncDisposableStack();
  #head = NOTHING;
  #plan: Plan = { functions: new Map(), chains: new Map() };
  /** What was wanted before the change that waits to be confirmed. */
  #before: Documents | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #reachable = true;
  /** The store has been read once. */
  #isLoaded = false;
  #warned = '';
  #reportedMs = 0;
  /** Changes, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Brings this machine to what is wanted. What does not run as wanted is a chain's problem, not an error. */
  async start(): Promise<void> {
    this.#plan = planDocuments(this.#head.documents, this.#options.catalogue);
    await this.#background(() => this.#catchUp());
    if (!this.#reachable) await this.#background(() => this.#remember());
    const watch = this.#options.store.watch(() => void this.#background(() => this.#catchUp()));
    this.#stack.use(watch);
    this.#stack.defer(() => clearTimeout(this.#deadline));
    const ended = new AbortController();
    void this.#keepTrying(ended.signal);
    this.#stack.defer(() => ended.abort());
  }

  get head(): Head {
    return this.#head;
  }

  get plan(): Plan {
    return this.#plan;
  }

  /** Chains that have trouble are brought up again. */
  trouble(): void {
    void this.#background(() => this.#retry());
  }

  /** @throws RefusedError with faults from the root of the document; nothing has changed then. */
  change(request: ChangeRequest): Promise<Change> {
    return this.#exclusive(() => this.#change(request));
  }

  /** Wants again what was wanted at a revision. @throws RefusedError */
  rollback(revision: number, request: Omit<ChangeRequest, 'edit' | 'isRollback'>): Promise<Change> {
    const message = request.message ?? `back to revision ${revision}`;
    const edit = async ({ documents }: Head) => writesTo(await this.documentsAt(revision), documents);
    return this.change({ ...request, message, isRollback: true, edit });
  }

  /** @throws RefusedError */
  async documentsAt(revision: number): Promise<Documents> {
    const found = await this.#stored((store) => store.documentsAt(revision));
    if (found === undefined)
      throw notFound(`there is no revision ${revision}`, 'the history lists those that there are');
    return found;
  }

  /** @throws RefusedError */
  async history(options: { readonly before?: number; readonly limit: number }): Promise<readonly Commit[]> {
    return this.#stored((store) => store.history(options));
  }

  /** Keeps a change that waits for it. @throws RefusedError */
  confirm(revision: number): Promise<void> {
    return this.#exclusive(async () => {
      if (revision > this.#head.revision || revision < 1) throw notFound(`there is no revision ${revision}`);
      const confirmed = await this.#stored((store) => store.confirm(revision));
      if (!confirmed) throw conflict('TP_NOT_WAITING', `revision ${revision} does not wait to be confirmed`);
      this.#head = { ...this.#head, confirmBy: undefined };
      this.#expect();
      this.#options.events.add({ kind: 'confirmed', revision });
    });
  }

  status(): Status {
    const { settings, version, store } = this.#options;
    const { revision, confirmBy } = this.#head;
    const chains = this.chains();
    return {
      node: settings.node,
      labels: settings.labels,
      version,
      revision,
      healthy: this.#reachable && chains.every(({ state }) => state !== 'failed'),
      startedAt: this.#startedAt,
      store: { kind: store.kind, reachable: this.#reachable },
      ...(confirmBy !== undefined && { unconfirmed: { revision, confirmBy } }),
      chains: [...chains],
    };
  }

  chains(): readonly ChainStatus[] {
    return [...this.#plan.chains.keys()].toSorted().map((name) => this.chainStatus(name));
  }

  /** @throws RefusedError */
  chainStatus(name: string): ChainStatus {
    const one = this.#plan.chains.get(name);
    if (one === undefined) throw notFound(`there is no chain ${name}`, knownChains(this.#plan));
    if (isWanted(one))
      return this.#options.host.status(name, selects(one, this.#options.settings.labels) ? one : undefined);
    const { code, detail, hint } = one;
    return {
      name,
      state: 'failed',
      ports: [],
      functions: [],
      problem: { code, detail, ...(hint !== undefined && { hint }) },
    };
  }

  /** @throws RefusedError */
  async nodes(): Promise<readonly NodeReport[]> {
    await this.#report();
    return this.#stored((store) => store.reports());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.#changes;
  }

  async #change(request: ChangeRequest): Promise<Change> {
    const began = performance.now();
    const { catalogue, host, settings, events, secrets } = this.#options;
    const head = this.#head;
    this.#requireChangeable(request);
    const writes = changed(head.documents, await withSecrets(await request.edit(head), head.documents, secrets));
    const documents = written(head.documents, writes, head.revision + 1);
    const plan = planDocuments(documents, catalogue);
    const names = touched(this.#plan, plan);
    await learnSecrets(plan, names, secrets);
    const { mayBringCode, dryRun = false, confirm } = request;
    const { labels } = settings;
    const questions = await checkPlan({
      before: this.#plan,
      after: plan,
      names,
      catalogue,
      mayBringCode,
      dryRun,
      labels,
    });
    const summary = summaryOf(head.documents, documents);
    const chains = await withoutSecrets(summary.chains, head.documents, documents, secrets);
    const targets = targetsOf(plan, labels, names);
    const ports = dryRun ? await askHost(host, questions, targets) : undefined;
    const made = { dryRun, ...(ports && { ports: [...ports] }), chains, functions: [...summary.functions] };
    const check = performance.now() - began;
    if (dryRun || writes.size === 0) return { revision: head.revision, ...made, milliseconds: { check, apply: 0 } };
    const brought = await host.bring(targets);
    const confirmBy = confirm === undefined ? undefined : new Date(Date.now() + confirm * 1000).toISOString();
    const revision = await this.#commit(request, writes, summary, confirmBy).catch(async (error: unknown) => {
      await brought.undo();
      throw error;
    });
    await brought.settle();
    this.#take({ revision, documents, confirmBy }, plan, head.documents);
    events.add({ kind: 'changed', revision, by: request.by, chains: chains.map(({ chain }) => chain) });
    const apply = performance.now() - began - check;
    return { revision, ...made, ...(confirmBy !== undefined && { confirmBy }), milliseconds: { check, apply } };
  }

  /** @throws RefusedError */
  #requireChangeable(request: ChangeRequest): void {
    const { revision, confirmBy } = this.#head;
    // Whether it answers again is found out by who asks all the time.
    if (!this.#reachable) {
      const { kind } = this.#options.store;
      throw new RefusedError(refusalOf(new StoreUnreachableError(kind, 'it has not answered lately')));
    }
    requireConditions(this.#head, request.target, request);
    if (confirmBy === undefined || request.isRollback === true) return;
    const hint = `confirm it, or roll back to revision ${revision - 1}`;
    throw conflict('TP_UNCONFIRMED', `revision ${revision} waits to be confirmed until ${confirmBy}`, hint);
  }

  async #commit(
    { by, message = '' }: Pick<ChangeRequest, 'by' | 'message'>,
    writes: Writes,
    { chains, functions }: Summary,
    confirmBy: string | undefined,
  ): Promise<number> {
    const summary = { chains: chains.map(({ chain, action }) => ({ chain, action })), functions };
    const base = this.#head.revision;
    const at = new Date().toISOString();
    const { revision } = await this.#stored((store) =>
      store.commit({ base, writes, at, by, message, summary, confirmBy }),
    );
    return revision;
  }

  #take(head: Head, plan: Plan, before: Documents | undefined): void {
    this.#head = head;
    this.#plan = plan;
    this.#before = head.confirmBy === undefined ? undefined : before;
    this.#expect();
  }

  /** Goes back at the time that the newest change says. */
  #expect(): void {
    clearTimeout(this.#deadline);
    const { confirmBy } = this.#head;
    if (confirmBy === undefined) return;
    const left = Math.max(0, Date.parse(confirmBy) - Date.now());
    this.#deadline = setTimeout(() => void this.#background(() => this.#revert()), left);
  }

  /** Also where the store does not answer: what was changed may be why. */
  async #revert(): Promise<void> {
    const { revision, confirmBy, documents } = this.#head;
    if (confirmBy === undefined || Date.parse(confirmBy) > Date.now()) return;
    const { catalogue, settings, events } = this.#options;
    const to = revision - 1;
    const before = this.#before ?? (await this.documentsAt(to));
    const plan = planDocuments(before, catalogue);
    await this.#bringAll(plan);
    this.#plan = plan;
    const writes = changed(documents, writesTo(before, documents));
    const restored = written(documents, writes, revision + 1);
    const message = `back to revision ${to}: nobody has confirmed revision ${revision}`;
    try {
      const by = `node:${settings.node}`;
      const made = await this.#commit({ by, message }, writes, summaryOf(documents, restored), undefined);
      const head = { revision: made, documents: restored, confirmBy: undefined };
      this.#take(head, planDocuments(restored, catalogue), undefined);
      events.add({ kind: 'reverted', revision, to });
    } catch (error) {
      // Another node was first, or nobody reaches the store: who does goes back, too.
      this.#warn(`the store does not know yet of the way back to revision ${to}: ${refusalOf(error).detail}`);
    }
  }

  /** To what the store has now. */
  async #catchUp(): Promise<void> {
    const { store, catalogue } = this.#options;
    const head = await this.#stored(() => store.head());
    const { revision, confirmBy } = this.#head;
    if (this.#isLoaded && head.revision === revision && head.confirmBy === confirmBy) return;
    if (!this.#isLoaded || head.revision !== revision) {
      const documents = kept(this.#head.documents, head.documents);
      const before = head.revision === revision + 1 ? this.#head.documents : await this.#documentsBefore(head);
      this.#take({ ...head, documents }, planDocuments(documents, catalogue), before);
    } else {
      this.#head = { ...this.#head, confirmBy: head.confirmBy };
      this.#expect();
    }
    this.#isLoaded = true;
    await this.#bringAll(this.#plan);
    await this.#report();
  }

  /** The store is not reached: what it said last holds until it is. */
  async #remember(): Promise<void> {
    const { store, catalogue } = this.#options;
    const head = store.remembered();
    if (head === undefined) return;
    this.#take(head, planDocuments(head.documents, catalogue), undefined);
    await this.#bringAll(this.#plan);
  }

  async #documentsBefore({ revision, confirmBy }: Head): Promise<Documents | undefined> {
    return confirmBy === undefined ? undefined : this.#stored((store) => store.documentsAt(revision - 1));
  }

  async #bringAll(plan: Plan): Promise<void> {
    const { host, settings, secrets } = this.#options;
    await learnSecrets(plan, plan.chains.keys(), secrets);
    await host.reconcile(targetsOf(plan, settings.labels, plan.chains.keys()));
  }

  /** The next time is reckoned from the end of this one: a store that does not answer takes its time. */
  async #keepTrying(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#background(() => this.#retry());
    }
  }

  async #retry(): Promise<void> {
    const { host, store } = this.#options;
    await this.#revert();
    if (store.kind === 'etcd' || !this.#reachable) await this.#catchUp();
    await host.dropLost();
    if (host.hasFailures) await this.#bringAll(this.#plan);
    if (store.kind === 'etcd' && performance.now() - this.#reportedMs > REPORT_EVERY_MS) await this.#report();
  }

  async #report(): Promise<void> {
    const { node, labels, version, revision, healthy, chains } = this.status();
    const told = chains.map(({ name, state, problem }) => ({ name, state, ...(problem && { problem }) }));
    const report = { node, labels, version, revision, healthy, at: new Date().toISOString(), chains: told };
    await this.#stored((store) => store.report(report, REPORT_SECONDS));
    this.#reportedMs = performance.now();
  }

  /** @throws RefusedError (503) */
  async #stored<T>(work: (store: Store) => Promise<T>): Promise<T> {
    try {
      const result = await work(this.#options.store);
      this.#reachable = true;
      return result;
    } catch (error) {
      if (error instanceof ConflictError) throw new RefusedError(refusalOf(error), error);
      this.#reachable = false;
      const { kind } = this.#options.store;
      const unreachable = error instanceof StoreUnreachableError ? error : new StoreUnreachableError(kind, error);
      throw new RefusedError(refusalOf(unreachable), error);
    }
  }

  /** What nobody waits for is said when it fails. */
  async #background(work: () => Promise<void>): Promise<void> {
    try {
      await this.#exclusive(work);
      this.#warned = '';
    } catch (error) {
      this.#warn(refusalOf(error).detail);
    }
  }

  /** Once, however often it is tried. */
  #warn(text: string): void {
    if (this.#warned !== text) this.#options.warn(text);
    this.#warned = text;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => {});
    return done;
  }
}

function knownChains({ chains }: Plan): string {
  return chains.size === 0 ? 'there is none' : `there is ${[...chains.keys()].toSorted().join(', ')}`;
}
