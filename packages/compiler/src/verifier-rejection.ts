// A verifier's rejection, brought back to the line that the author wrote.

import type { CompiledProgram } from './backend/index.ts';
import type { ImportedVnf } from './frontend/modules/import-vnf.ts';
import { CompileError } from './frontend/report/compile-error.ts';
import { diagnosticAt, offsetOf } from './frontend/report/diagnostic.ts';

/** What is read of a VerifierError. */
export interface Rejection {
  /** Why, in the verifier's words. */
  readonly summary: string;
  /** 8-byte slot of the rejected instruction, if the log names one. */
  readonly slot: number | undefined;
}

/** `reproducer`: a file that was written for the report of the bug. */
export function verifierRejection(
  { code, file }: ImportedVnf,
  { locations }: Pick<CompiledProgram, 'locations'>,
  { summary, slot }: Rejection,
  reproducer?: string,
): CompileError {
  const at = locationAt(locations, slot);
  const module = code.graph.module(at?.file ?? file);
  const start = at === undefined ? (code.call.fastPaths.ingress ?? code.call.place).start : offsetOf(module.text, at);
  const report = reproducer === undefined ? '' : `; please report it with ${reproducer}`;
  return new CompileError([diagnosticAt(module, wordAt(module.text, start), 'TP9001', [summary, report])]);
}

/** The place of the slot, or of the nearest one before it that has one. */
function locationAt(locations: CompiledProgram['locations'], slot: number | undefined) {
  return slot === undefined ? undefined : locations.slice(0, slot + 1).findLast((location) => location !== undefined);
}

function wordAt(text: string, start: number) {
  const word = /^[\w$.]+/.exec(text.slice(start))?.[0] ?? ' ';
  return { start, end: start + word.length };
}
