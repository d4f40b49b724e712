// Stands in for vitest, which is too heavy for an emulated machine: collects the tests of one file after the other and runs
// them. `expect` is vitest's own.
import { format } from 'node:util';
import { check, Skipped, skip } from './report.ts';

export { expect } from 'vitest';

type Work = (...values: never[]) => unknown;
type Plain = () => unknown;

class Suite {
  readonly beforeAll: Plain[] = [];
  readonly afterAll: Plain[] = [];
  readonly beforeEach: Plain[] = [];
  readonly afterEach: Plain[] = [];
  readonly parts: (() => Promise<void>)[] = [];
}

let suite = new Suite();

export const beforeAll = (work: Plain) => suite.beforeAll.push(work);
export const afterAll = (work: Plain) => suite.afterAll.push(work);
export const beforeEach = (work: Plain) => suite.beforeEach.push(work);
export const afterEach = (work: Plain) => suite.afterEach.push(work);

/** Registers a test or a suite; `values` are for its body. */
type Add = (title: string, body: Work, skipped: boolean, values: readonly unknown[]) => void;
interface Register {
  (title: string, body: Work): void;
  each(rows: readonly unknown[]): (title: string, body: Work) => void;
  for(rows: readonly unknown[]): (title: string, body: Work) => void;
  skip(title: string, body: Work): void;
  skipIf(condition: boolean): Register;
}

function register(add: Add, skipped = false): Register {
  const rows =
    (all: readonly unknown[], valuesOf: (row: unknown) => readonly unknown[]) => (title: string, body: Work) => {
      for (const row of all) add(titled(title, row), body, skipped, valuesOf(row));
    };
  return Object.assign((title: string, body: Work) => add(title, body, skipped, []), {
    each: (all: readonly unknown[]) => rows(all, (row) => (Array.isArray(row) ? row : [row])),
    for: (all: readonly unknown[]) => rows(all, (row) => [row]),
    skip: (title: string, body: Work) => add(title, body, true, []),
    skipIf: (condition: boolean) => register(add, skipped || condition),
  });
}

function titled(title: string, row: unknown): string {
  const named = title.replace(/\$(\w+)/g, (whole, name: string) =>
    typeof row === 'object' && row !== null && name in row ? String(Reflect.get(row, name)) : whole,
  );
  const wanted = named.match(/%[a-z]/g)?.length ?? 0;
  return format(named, ...(Array.isArray(row) ? row : [row]).slice(0, wanted));
}

/** What vitest gives tests of that these use. */
const CONTEXT = {
  skip(why = 'by the test itself'): never {
    throw new Skipped(why);
  },
};

let file = '';

const addTest: Add = (title, body, skipped, values) => {
  const { beforeEach: before, afterEach: after } = suite;
  const named = `${file}: ${[...path, title].join(', ')}`;
  suite.parts.push(async () => {
    if (skipped) return skip(named, 'by the test itself');
    await check(named, async () => {
      for (const work of before) await work();
      try {
        await Reflect.apply(body, undefined, [...values, CONTEXT]);
      } finally {
        for (const work of after) await work();
      }
    });
  });
};

const path: string[] = [];

const addSuite: Add = (title, body, skipped, values) => {
  if (skipped) {
    suite.parts.push(async () => skip(`${file}: ${title}`, 'by the suite itself'));
    return;
  }
  const outer = suite;
  const inner = new Suite();
  inner.beforeEach.push(...outer.beforeEach);
  inner.afterEach.push(...outer.afterEach);
  suite = inner;
  path.push(title);
  Reflect.apply(body, undefined, values);
  path.pop();
  suite = outer;
  suite.parts.push(() => runSuite(inner, title));
};

async function runSuite(inner: Suite, title: string): Promise<void> {
  const all = async (hooks: readonly Plain[]) => {
    for (const hook of hooks) await hook();
  };
  try {
    await all(inner.beforeAll);
  } catch (error) {
    return await check(`${file}: ${title} can begin`, () => {
      throw error;
    });
  }
  for (const part of inner.parts) await part();
  if (inner.afterAll.length > 0) await check(`${file}: ${title} leaves nothing behind`, () => all(inner.afterAll));
}

export const describe = register(addSuite);
export const test = register(addTest);
export const it = test;

/** Runs what a test file registers. */
export async function runFile(name: string, load: () => Promise<unknown>): Promise<void> {
  suite = new Suite();
  file = name;
  await check(`${file} can be loaded`, async () => {
    await load();
  });
  await runSuite(suite, 'the file');
}
