// Refusals as problems (RFC 9457).
import { STATUS_CODES } from 'node:http';
import { type Fault, type Path, type Problem, pointerText } from '@twinpath/api';
import type { FaultAt, Refusal } from '../control/refusal.ts';

/** Where faults lie in what was sent. */
export interface Sent {
  /** Of the body in the document; `undefined`: faults are the body's own. */
  readonly root?: Path | undefined;
  /** Of a body in YAML. */
  lineOf?(path: Path): { readonly line: number; readonly column: number } | undefined;
}

/** The same without secrets. */
export function redacted(problem: Problem, redact: (text: string) => string): Problem {
  const own = ({ detail, hint }: { readonly detail: string; readonly hint?: string }) => ({
    detail: redact(detail),
    ...(hint !== undefined && { hint: redact(hint) }),
  });
  const errors = problem.errors?.map((fault) => ({ ...fault, ...own(fault) }));
  return { ...problem, ...own(problem), ...(errors !== undefined && { errors }) };
}

/** So many faults are told: one mistake of a generator is in thousands of rules. */
const MOST = 100;

export function problemOf(refusal: Refusal, sent: Sent = {}): Problem {
  const { status, code, detail, hint, faults = [] } = refusal;
  return {
    type: `urn:twinpath:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(hint !== undefined && { hint }),
    ...(faults.length > 0 && { errors: faults.slice(0, MOST).map((fault) => faultIn(fault, sent)) }),
  };
}

function faultIn({ path, detail, hint }: FaultAt, { root = [], lineOf }: Sent): Fault {
  const own = { detail, ...(hint !== undefined && { hint }) };
  const isInside = root.every((step, index) => path[index] === step);
  // Another chain is at fault, which the body has not.
  if (!isInside) return own;
  const inside = path.slice(root.length);
  return { ...own, pointer: pointerText(inside), ...lineOf?.(inside) };
}

export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  const type = { 'content-type': 'application/problem+json' };
  return new Response(JSON.stringify(problem), { status: problem.status, headers: { ...type, ...headers } });
}
