// The samples of a page: blocks of TypeScript with a word behind the language that says what they are.
//
//   ts module             a whole module, which compiles
//   ts fast-path          the body of a fast path, which compiles; names of @twinpath/vnf are imported
//   ts error=TP1234       either of these, which gives that diagnostic
//   ts slow-path          code of the slow path or of Node: it is not compiled
import * as surface from '@twinpath/vnf';

export interface Sample {
  readonly line: number;
  readonly kind: 'module' | 'fast-path' | 'slow-path';
  /** What the compiler must say of it. */
  readonly code: string | undefined;
  readonly module: string;
}

/** Blocks without such a word are given as `unmarked`: the lines on which they begin. */
export function samplesOf(page: string): { readonly samples: readonly Sample[]; readonly unmarked: readonly number[] } {
  const samples: Sample[] = [];
  const unmarked: number[] = [];
  for (const { index, groups } of page.matchAll(/^```ts(?<word>[^\n]*)\n(?<text>.*?)^```$/gms)) {
    const line = page.slice(0, index).split('\n').length;
    const { word = '', text = '' } = groups ?? {};
    const [, kind, code] = /^ (?:(module|fast-path|slow-path)|error=(TP\d{4}))$/.exec(word) ?? [];
    if (kind === 'slow-path') samples.push({ line, kind, code: undefined, module: text });
    else if (kind === undefined && code === undefined) unmarked.push(line);
    else {
      const isModule = text.includes('export default');
      samples.push({ line, kind: isModule ? 'module' : 'fast-path', code, module: isModule ? text : aroundBody(text) });
    }
  }
  return { samples, unmarked };
}

function aroundBody(body: string): string {
  const used = Object.keys(surface).filter(
    (name) => name === 'vnf' || new RegExp(`(?<![.\\w])${name}(?!\\w)`).test(body),
  );
  return `import { ${used.join(', ')} } from '@twinpath/vnf';\nexport default vnf({\n  name: 'sample',\n  fastPath(packet) {\n${body}  },\n});\n`;
}
