// A contender on a network of its own, and what was measured of it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender as Shown } from '../result.ts';
import { metric } from '../result.ts';
import { CannotStand, type Contender } from './contenders.ts';
import { LARGE, type Layout, Network, REFUSED, SERVICE } from './network.ts';
import { type Answered, type Asking, ask } from './requests.ts';

export interface Case extends Asking {
  readonly name: string;
}
export type Figure = keyof Answered;

export interface Entry {
  readonly contender: Contender;
  readonly layout: Layout;
  /** What it is asked. */
  readonly cases: readonly Case[];
}

const UNITS = { requests: '/s', bytes: 'B/s', p50: 'µs', p99: 'µs', cpu: 'µs' } as const;
const TITLES = { requests: 'requests', bytes: 'bytes', p50: 'p50', p99: 'p99', cpu: 'CPU for each request' } as const;

export class Subject {
  readonly entry: Entry;
  readonly name: string;
  readonly wrongs: string[] = [];
  readonly #network: Network;
  /** By case. */
  readonly #seen = new Map<string, Answered[]>();

  private constructor(entry: Entry, network: Network) {
    this.entry = entry;
    this.name = nameOf(entry);
    this.#network = network;
  }

  static async stand(entry: Entry, stack: AsyncDisposableStack): Promise<Subject> {
    const { contender, layout } = entry;
    const key = layout === 'one-armed' ? `${contender.key}-1` : contender.key;
    const network = stack.use(await Network.open(key, contender.layout ?? layout));
    await contender.open(network, stack);
    const subject = new Subject(entry, network);
    subject.wrongs.push(...(await wrongsOf(contender, network)));
    return subject;
  }

  async measure(one: Case): Promise<void> {
    const { wrongs } = this;
    if (wrongs.length > 0) return;
    const answered = await ask(this.#network, one);
    this.#seen.set(one.name, [...(this.#seen.get(one.name) ?? []), answered]);
    const bad = this.#network.counted('Tcp', 'InCsumErrors');
    if (bad > 0) wrongs.push(`${bad} checksums are wrong after ${one.name}`);
    if (answered.failed > 0) wrongs.push(`${answered.failed} requests of ${one.name} failed`);
    if (!(answered.requests > 0)) wrongs.push(`no request of ${one.name} is answered`);
  }

  /** Round by round. */
  figures({ name }: Case, figure: Figure): { readonly name: string; readonly values: readonly number[] } {
    return { name: this.name, values: (this.#seen.get(name) ?? []).map((round) => round[figure]) };
  }

  shown(figures: readonly (keyof typeof UNITS)[]): Shown {
    const metrics = this.entry.cases.flatMap((one) =>
      figures.map(
        (figure) =>
          [`${one.name}: ${TITLES[figure]}`, metric(this.figures(one, figure).values, UNITS[figure])] as const,
      ),
    );
    return { name: this.name, metrics: Object.fromEntries(metrics) };
  }
}

export const nameOf = ({ contender, layout }: Entry): string =>
  layout === 'one-armed' ? `${contender.name}, one-armed` : contender.name;

export interface Stood {
  readonly subjects: readonly Subject[];
  readonly skipped: readonly Shown[];
}

/** All that can run here, one after the other. */
export async function standAll(
  entries: readonly Entry[],
  { stack, progress }: { readonly stack: AsyncDisposableStack; progress(text: string): void },
): Promise<Stood> {
  const subjects: Subject[] = [];
  const skipped: Shown[] = [];
  for (const entry of entries) {
    const name = nameOf(entry);
    const reason = entry.contender.missing();
    progress(`${name} ${reason ?? '…'}`);
    const stood = reason ?? (await Subject.stand(entry, stack).catch(whyNot));
    if (typeof stood === 'string') skipped.push({ name, metrics: {}, skipped: stood });
    else subjects.push(stood);
  }
  return { subjects, skipped };
}

function whyNot(error: unknown): string {
  if (error instanceof CannotStand) return error.message;
  throw error;
}

/** Rounds of all cases; contenders in turns, in each round from another one on. */
export async function measureAll(
  subjects: readonly Subject[],
  { rounds, progress }: { readonly rounds: number; progress(text: string): void },
): Promise<void> {
  const cases = [...new Map(subjects.flatMap(({ entry }) => entry.cases.map((one) => [one.name, one]))).values()];
  for (let round = 0; round < rounds; round++) {
    const at = round % subjects.length;
    const inTurn = [...subjects.slice(at), ...subjects.slice(0, at)];
    for (const one of cases) {
      progress(`round ${round + 1} of ${rounds}: ${one.name}`);
      for (const subject of inTurn) if (subject.entry.cases.includes(one)) await subject.measure(one);
    }
  }
  for (const { name, wrongs } of subjects) for (const wrong of wrongs) progress(`${name}: ${wrong}`);
}

/** Before anything is measured: who answers, with what, and who gets no answer. */
async function wrongsOf({ isFirewall }: Contender, { client }: Network): Promise<string[]> {
  const who = async (source?: string) => {
    const answer = await client.fetch(`http://${SERVICE}/who`, {
      timeout: 1000,
      ...(source !== undefined && { source }),
    });
    return answer.ok ? answer.body.toString() : undefined;
  };
  for (let attempt = 0; attempt < 50 && (await who()) === undefined; attempt++) await delay(100);
  const names = new Set<string | undefined>();
  for (let request = 0; request < 40; request++) names.add(await who());
  const wrongs: string[] = [];
  const got = [...names].sort().join(', ');
  if (got !== 'server1, server2') wrongs.push(`clients are answered by ${got}`);
  const isAnswered = (await who(REFUSED)) !== undefined;
  if (isAnswered === isFirewall) wrongs.push(`a refused sender is ${isAnswered ? '' : 'not '}answered`);
  const large = await client.fetch(`http://${SERVICE}/large`, { timeout: 10_000 });
  if (!large.ok || large.body.length !== LARGE)
    wrongs.push(`of ${LARGE} bytes ${large.ok ? large.body.length : 0} come`);
  return wrongs;
}
