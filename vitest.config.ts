import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Kinds of test by name: x.test.ts runs anywhere; kernel and lab tests need privileges and run one file at a time. Those of the lab
// have a process each, because its namespaces and threads are theirs; the others share one, where what they all use is loaded and
// made into machine code once.
const roots = ['packages/*/src', 'examples', 'tests', 'bench', 'tools'];
const named = (kind: string) => roots.map((root) => `${root}/**/*.${kind}.ts`);
// Functions that tests make up are no use to anybody's cache.
const env = { XDG_CACHE_HOME: join(import.meta.dirname, 'node_modules/.cache') };
const alone = { env, pool: 'forks', fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    // Node runs the files as they are. What Vite makes of them asks for each name again at each use, and takes a third longer.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      {
        test: {
          name: 'pure',
          env,
          include: named('test'),
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            ...named('kernel.test'),
            ...named('lab.test'),
            ...named('browser.test'),
          ],
          pool: 'forks',
          isolate: false,
          // The other cores are for tests of the other kinds.
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'kernel',
          include: named('kernel.test'),
          exclude: ['**/node_modules/**', '**/dist/**'],
          ...alone,
          isolate: false,
        },
      },
      { test: { name: 'lab', include: named('lab.test'), exclude: ['**/node_modules/**', '**/dist/**'], ...alone } },
    ],
  },
});
