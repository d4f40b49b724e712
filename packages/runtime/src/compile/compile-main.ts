// The entry of the thread that compiles for all workers.

import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import {
  complete,
  type FunctionCode,
  fuseOnce,
  type ImportedVnf,
  ModuleError,
  moduleFailure,
  readFunction,
  sends,
  writeSyntax,
} from '@twinpath/compiler';
import type { FuseJob, FuseMade } from '../fuse/fuse-job.ts';
import { specOfData } from '../instance/function-data.ts';
import { errorData, errorFrom } from '../threads/error-data.ts';
import { compileHere, syntaxOf } from './compile-here.ts';
import type { CompileAnswer, CompileJob, CompileQuestion, FunctionSource } from './compile-job.ts';

/** Functions whose syntax is kept as objects. */
const MOST_FUNCTIONS = 32;

/** By number of the source; the one that was asked for last stays longest. */
const functions = new Map<string, FunctionCode>();
/** Those whose module declares what belongs to their syntax. */
const checked = new Set<string>();

parentPort?.on('message', (job: CompileJob) => void answerTo(job).then((answer) => parentPort?.postMessage(answer)));

async function answerTo(job: CompileJob): Promise<CompileAnswer> {
  try {
    return { id: job.id, value: await answer(job) };
  } catch (error) {
    return { id: job.id, error: errorData(error) };
  }
}

async function answer(question: CompileQuestion): Promise<unknown> {
  switch (question.kind) {
    case 'read':
      return read(question.use);
    case 'compile':
      return compileHere(imported(question)).compile(question.request);
    case 'rejected':
      return errorData(compileHere(imported(question)).rejected(question.request, question.rejection));
    case 'fuse':
      return fuse(question.job);
    case 'failed':
      return errorData(failure(question));
  }
}

async function read(use: string): Promise<FunctionSource> {
  const { module, planHash, isNew, ...code } = await readFunction(use);
  const json = Buffer.from(JSON.stringify(writeSyntax(code)));
  const syntax = new Uint8Array(new SharedArrayBuffer(json.length));
  syntax.set(json);
  const id = createHash('sha256').update(json).digest('hex');
  keep(id, code);
  const { members } = code.code.call;
  const needsWorker = members.has('slowPath') || members.has('operations');
  return { id, syntax, module, planHash, isNew, needsWorker, ...sends(code) };
}

function fuse(job: FuseJob): FuseMade {
  const { compiled, positions, left, ways, lines } = fuseOnce(job);
  return { spec: compiled.spec, positions, left, ways, lines };
}

function imported({ source, spec: data }: Pick<CompileJob & { kind: 'compile' }, 'source' | 'spec'>): ImportedVnf {
  const { id, module, planHash, isNew } = source;
  const [code, spec] = [codeOf(source), specOfData(data)];
  if (checked.has(id)) return { ...code, spec };
  const whole = complete({ ...code, module, planHash, isNew }, spec);
  checked.add(id);
  return whole;
}

function failure({ source, error }: Extract<CompileQuestion, { kind: 'failed' }>): Error {
  const { cause } = error;
  return moduleFailure(codeOf(source), new ModuleError(source.module, cause && errorFrom(cause)));
}

function codeOf(source: FunctionSource): FunctionCode {
  const { id } = source;
  const code = functions.get(id) ?? syntaxOf(source);
  keep(id, code);
  return code;
}

function keep(id: string, code: FunctionCode): void {
  functions.delete(id);
  functions.set(id, code);
  const [oldest] = functions.keys();
  if (functions.size > MOST_FUNCTIONS && oldest !== undefined) functions.delete(oldest);
}
