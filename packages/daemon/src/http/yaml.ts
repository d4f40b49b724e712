import type { Path } from '@twinpath/api';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { RefusedError } from '../control/refusal.ts';
import type { ReadBody } from './body.ts';

/** @throws RefusedError (422) with the line */
export function readYaml(text: string): ReadBody {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  const [problem] = [...document.errors, ...document.warnings];
  const refuse = (why: string, at: number) => {
    const { line, col } = lines.linePos(at);
    const detail = `line ${line}, column ${col}: this is no YAML that can be read: ${why}`;
    return new RefusedError({ status: 400, code: 'TP_MALFORMED', detail, hint: 'correct it there' });
  };
  if (problem !== undefined) throw refuse(problem.message, problem.pos[0]);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, lineOf: (path) => positionOf(document.contents, path) };
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), 0);
  }

  function positionOf(contents: Node | null, path: Path) {
    const { line, col } = lines.linePos(nodeAt(contents, path)?.range?.[0] ?? 0);
    return { line, column: col };
  }

  /** Or the deepest one on the way that there is. */
  function nodeAt(contents: Node | null, path: Path): Node | null {
    let node = contents;
    for (const step of path) {
      const target = isAlias(node) ? (node.resolve(document) ?? null) : node;
      const inner = innerOf(target, step);
      if (inner === undefined) return node;
      node = inner;
    }
    return node;
  }
}

function parsed(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  } catch (error) {
    // The parser recurses, and says what is too deep by the stack's end.
    const detail = `this is no YAML that can be read: ${error instanceof Error ? error.message : error}`;
    throw new RefusedError({ status: 400, code: 'TP_MALFORMED', detail });
  }
}

function innerOf(node: Node | null, step: string | number): Node | undefined {
  if (isMap<Node, Node>(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step));
    return pair?.value ?? pair?.key;
  }
  return isSeq<Node>(node) ? node.items[Number(step)] : undefined;
}
