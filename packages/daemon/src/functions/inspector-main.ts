// The entry of the thread in which functions are looked at: what their modules do at their top level, and what their schemas
// and the compiler take, is not the daemon's time.
import { parentPort } from 'node:worker_threads';
import type { ImportedVnf } from '@twinpath/compiler';
import { ModuleError, runModule } from '@twinpath/compiler/run';
import { onlineCpus } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime/config';
import type { FunctionSpec } from '@twinpath/vnf/spec';
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
  if (question.kind === 'describe') return describe((await compiled(question.file)).spec);
  const { file, name, config, compile } = question;
  if (compile) {
    const [{ compileFunction }, imported] = await Promise.all([import('@twinpath/compiler'), compiled(file)]);
    compileFunction(imported, { config: await parseConfig(name, imported.spec, config), target: TARGET });
    return describe(imported.spec);
  }
  const spec = await run(file);
  await parseConfig(name, spec, config);
  return describe(spec);
}

/** Whether it is a function at all is the compiler's to say. */
async function compiled(file: string): Promise<ImportedVnf> {
  const { importVnf } = await import('@twinpath/compiler');
  return importVnf(file);
}

/** Without the compiler, unless only that can say what runs (an artefact), or why it fails. */
async function run(file: string): Promise<FunctionSpec> {
  if (file.endsWith('.json')) return (await compiled(file)).spec;
  try {
    return await runModule(file);
  } catch (error) {
    if (error instanceof ModuleError) await compiled(file);
    throw error;
  }
}

parentPort?.on('message', async ({ id, question }: { readonly id: number; readonly question: Question }) => {
  const said: Answer = await answer(question).then(
    (description) => ({ id, description }),
    (error: unknown) => ({ id, refusal: refusalOf(error) }),
  );
  parentPort?.postMessage(said);
});
