// What a message of the compiler means: why there is such a rule, and a source that gives it.

/** Why the rule is there, and a source that gives the message; `none`: why no source gives it. */
export type Explanation = { readonly reason: string } & ({ readonly example: Example } | { readonly none: string });

/** A module that gives the message and no other. */
export interface Example {
  readonly module: string;
  /** Files that it imports, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

interface Around {
  /** Text between the imports and the function. */
  readonly before?: string;
  /** Members of `vnf({ … })` besides the fast path. */
  readonly members?: string;
  /** Further imports. */
  readonly imports?: string;
}

/** A function whose fast path is `body`. `uses`: what it imports from `@twinpath/vnf` besides `vnf`. */
export function inFastPath(uses: string, body: string, around: Around = {}): Example {
  return moduleOf(uses, `  fastPath(packet) {\n${indented(body, 4)}\n  },\n`, around);
}

/** `body` is the fast path for what leaves the host. */
export function inEgress(uses: string, body: string, around: Around = {}): Example {
  const both = `    ingress: () => next,\n    egress(packet) {\n${indented(body, 6)}\n    },\n`;
  return moduleOf(uses, `  fastPath: {\n${both}  },\n`, around);
}

function moduleOf(uses: string, fastPath: string, { before, members, imports }: Around): Example {
  const parts = [
    `import { ${uses}, vnf } from '@twinpath/vnf';\n${imports === undefined ? '' : `${imports}\n`}`,
    ...(before === undefined ? [] : [`${before}\n`]),
    `export default vnf({\n  name: 'example',\n${members === undefined ? '' : `  ${members}\n`}${fastPath}});\n`,
  ];
  return { module: parts.join('\n') };
}

const indented = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by));
