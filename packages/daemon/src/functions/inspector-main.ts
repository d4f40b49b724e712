// The entry of the thread in which functions are looked at: what their modules do at their top level, and what their schemas
// and the compiler take, is not the daemon's time.
import { parentPort } from 'node:worker_threads';
import { compileFunction, importVnf } from '@twinpath/compiler';
import { onlineCpus } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime';
import { type Description, describe } from './description.ts';
import type { Answer, Question } from './inspector.ts';
import { refusalOf } from './refusal-of.ts';

/** A port that no packet comes from; the smallest room for rules. What it compiles to is thrown away. */
const TARGET = {
  clock: 'kernel',
  cpus: onlineCpus().length,
  ports: [{ name: 'port', ifindex: 1 }],
  classifiers: new Map(),
  seed: 1,
  key: 1,
} as const;

async function answer(question: Question): Promise<Description> {
  const imported = await importVnf(question.file);
  if (question.kind === 'check') {
    const config = await parseConfig(question.name, imported.spec, question.config);
    if (question.compile) compileFunction(imported, { config, target: TARGET });
  }
  return describe(imported.spec);
}

parentPort?.on('message', async ({ id, question }: { readonly id: number; readonly question: Question }) => {
  const said: Answer = await answer(question).then(
    (description) => ({ id, description }),
    (error: unknown) => ({ id, refusal: refusalOf(error) }),
  );
  parentPort?.postMessage(said);
});
