// A YAML file whose values lead back to their lines.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { frameOf } from '../output/frame.ts';
import { readText } from '../text-file.ts';
import { FileError, type FileProblem } from './file-error.ts';

export type Path = readonly (string | number)[];

export class YamlSource {
  readonly file: string;
  /** The whole as plain JavaScript; `null`: the file is empty. */
  readonly value: unknown;
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #document: Document.Parsed;

  /** @throws FileError for what is no YAML, CommandError when the file cannot be read. */
  constructor(file: string) {
    this.file = file;
    this.#text = readText(file);
    this.#lines = new LineCounter();
    const options = { lineCounter: this.#lines, prettyErrors: false, stringKeys: true } as const;
    this.#document = parseDocument(this.#text, options);
    const problems = [...this.#document.errors, ...this.#document.warnings];
    if (problems.length > 0) {
      throw new FileError(
        problems.map(({ message, pos }) =>
          this.#problem(pos, `this is no YAML that can be read: ${message}`, 'correct the file there'),
        ),
      );
    }
    this.value = this.#document.toJS();
  }

  /** What is wrong with the value at `path`; with the deepest one on the way that exists when there is none. */
  problemAt(path: Path, message: string, hint: string): FileProblem {
    return this.#problem(rangeOf(this.#nodeAt(path)), message, hint);
  }

  /** What is wrong with the key itself of the mapping at `path`. */
  problemAtKey(path: Path, key: string, message: string, hint: string): FileProblem {
    const mapping = this.#nodeAt(path);
    const pair = isMap<Node, Node>(mapping) ? pairOf(mapping.items, key) : undefined;
    return this.#problem(rangeOf(pair?.key ?? mapping), message, hint);
  }

  #nodeAt(path: Path): Node | null {
    let node: Node | null = this.#document.contents;
    for (const step of path) {
      const inner = this.#inner(node, step);
      if (inner === undefined) return node;
      node = inner;
    }
    return node;
  }

  #inner(node: Node | null, step: string | number): Node | undefined {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isMap<Node, Node>(target)) return pairOf(target.items, step)?.value ?? undefined;
    if (isSeq<Node>(target)) return target.items[Number(step)];
    return undefined;
  }

  #problem([start, end]: readonly [number, number], message: string, hint: string): FileProblem {
    const { line, col } = this.#lines.linePos(start);
    const frame = frameOf(this.#text, start, end);
    return { code: 'TP_CONFIG', severity: 'error', file: this.file, line, column: col, message, hint, frame };
  }
}

function pairOf(items: readonly Pair<Node, Node>[], key: string | number): Pair<Node, Node> | undefined {
  return items.find((pair) => isScalar(pair.key) && pair.key.value === String(key));
}

function rangeOf(node: Node | null): readonly [number, number] {
  const [start, end] = node?.range ?? [0, 1];
  return [start, end];
}
