import { PacketTextError } from './packet-text-error.ts';

export interface Token {
  readonly kind: 'word' | 'string' | '/' | '(' | ')';
  /** Of a string: what it stands for. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

const PATTERN = /\s+|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|"/gy;

/** Words, strings in double quotes, slashes that stand alone, parentheses. @throws PacketTextError */
export function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(PATTERN)].flatMap((match): readonly Token[] => {
    const [piece] = match;
    const place = { at: match.index, end: match.index + piece.length };
    if (piece.trim() === '') return [];
    if (piece === '"')
      throw new PacketTextError(text, place, 'this string does not end', 'close it with a double quote');
    if (piece.startsWith('"')) return [{ kind: 'string', text: unescaped(text, piece, place), ...place }];
    if (piece === '/' || piece === '(' || piece === ')') return [{ kind: piece, text: piece, ...place }];
    return [{ kind: 'word', text: piece, ...place }];
  });
}

const escapes = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
  ['\\', '\\'],
  ['"', '"'],
]);

function unescaped(text: string, piece: string, place: { at: number; end: number }): string {
  return piece.slice(1, -1).replaceAll(/\\(x[0-9a-fA-F]{2}|.)/g, (_whole, code: string) => {
    const plain = code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : escapes.get(code);
    if (plain === undefined) {
      throw new PacketTextError(
        text,
        place,
        `'\\${code}' stands for nothing`,
        'escapes are \\n \\r \\t \\0 \\\\ \\" and \\x00',
      );
    }
    return plain;
  });
}
