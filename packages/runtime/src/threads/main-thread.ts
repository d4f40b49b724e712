// A worker's way to the main thread.

import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { Log } from '@twinpath/vnf';
import { errorFrom } from './error-data.ts';
import { type Answer, type FromWorker, type Question, WORD, type WorkerData } from './messages.ts';

export function tellMain(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Waits for the answer. @throws what the main thread says. */
export function askMain({ words, answers }: WorkerData, instance: number, question: Question): unknown {
  const before = Atomics.load(words, WORD.answered);
  tellMain({ kind: 'question', instance, question });
  while (Atomics.load(words, WORD.answered) === before) Atomics.wait(words, WORD.answered, before);
  // The port's other end gives nothing but answers.
  const answer: Answer | undefined = receiveMessageOnPort(answers)?.message;
  if (answer?.kind === 'failed') throw errorFrom(answer.error);
  return answer?.value;
}

export function logInMain(instance: number): Log {
  const line = (level: keyof Log) => (text: string) => tellMain({ kind: 'log', instance, level, text: String(text) });
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
