import type { FunctionSpec, PortsSpec } from '../spec/specs.ts';
import { ChainSpecError } from './chain-spec-error.ts';
import { type ChainSpec, HOST } from './spec.ts';

export type End =
  | { readonly kind: 'host' }
  | { readonly kind: 'port'; readonly port: string }
  | { readonly kind: 'function'; readonly function: string; readonly port: string };

/** A path, read from the side where packets enter: what goes from `outer` to `inner` is ingress. Where both are of one kind it is
 *  as written. */
export interface Segment {
  readonly outer: End;
  readonly inner: End;
  readonly functions: readonly string[];
  /** In the spec's `paths`. */
  readonly index: number;
}

/** What a path needs to know of functions, by their names in the chain. */
export interface FunctionFace {
  readonly ports: PortsSpec;
  readonly fastPath: 'one' | 'ingress and egress';
  /** It may send packets out of all its ports. Default: it does not. */
  readonly floods?: boolean;
  /** It may send packets out of any interface, by the host's routes. Default: it does not. */
  readonly routes?: boolean;
  /** Missing: what a chain says of them is not checked. */
  readonly reasons?: FunctionSpec['reasons'];
}
export type FunctionFaces = ReadonlyMap<string, FunctionFace>;

export const endText = (end: End): string =>
  end.kind === 'host' ? HOST : end.kind === 'port' ? end.port : `${end.function}:${end.port}`;

/** @throws ChainSpecError */
export function segmentsOf(spec: ChainSpec, faces: FunctionFaces): readonly Segment[] {
  const reader = new PathReader(spec, faces);
  return spec.paths.map((_, index) => reader.read(index));
}

class PathReader {
  readonly #spec: ChainSpec;
  readonly #faces: FunctionFaces;
  /** Ends that a path has, by text. */
  readonly #taken = new Set<string>();

  constructor(spec: ChainSpec, faces: FunctionFaces) {
    this.#spec = spec;
    this.#faces = faces;
  }

  read(index: number): Segment {
    const path = this.#spec.paths[index] ?? [];
    const [first, ...others] = path;
    const last = others.pop();
    if (first === undefined || last === undefined) {
      throw this.#refuse(index, 0, 'a path has no two ends', "write it from end to end: 'port → function → host'");
    }
    const left = this.#end(index, 0, first);
    const right = this.#end(index, path.length - 1, last);
    others.forEach((name, number) => {
      this.#requireTransparent(index, number + 1, name);
      if (others.indexOf(name) === number) return;
      throw this.#refuse(
        index,
        number + 1,
        `${name} is twice on one path`,
        'name another function with the same `use`',
      );
    });
    const turned = right.kind === 'port' && left.kind !== 'port';
    const [outer, inner] = turned ? [right, left] : [left, right];
    this.#checkEnds(index, outer, inner, others.length);
    return { outer, inner, functions: turned ? others.reverse() : others, index };
  }

  #checkEnds(index: number, outer: End, inner: End, between: number): void {
    if (outer.kind === 'host' || (inner.kind === 'host' && outer.kind === 'function')) {
      const hint = `let its other end be a port; a function with ports gives packets to the host by the verdict 'stack'`;
      throw this.#refuse(index, 0, `a path joins ${endText(outer)} and ${endText(inner)}`, hint);
    }
    if (between === 0 && outer.kind === 'port' && inner.kind !== 'function') {
      throw this.#refuse(index, 0, `no function is between ${endText(outer)} and ${endText(inner)}`, 'name one');
    }
  }

  #end(index: number, at: number, text: string): End {
    const end = this.#endOf(index, at, text);
    if (end.kind === 'host') return end;
    if (this.#taken.has(text)) {
      throw this.#refuse(index, at, `${text} is the end of two paths`, 'let each port be the end of one path');
    }
    this.#taken.add(text);
    return end;
  }

  #endOf(index: number, at: number, text: string): End {
    if (text === HOST) return { kind: 'host' };
    const colon = text.indexOf(':');
    if (colon < 0) {
      if (text in this.#spec.ports) return { kind: 'port', port: text };
      const known = [...Object.keys(this.#spec.ports), HOST].join(', ');
      const hint = `a path begins and ends with a port (${known}) or with function:port`;
      throw this.#refuse(index, at, `${text} is no end of a path`, hint);
    }
    const [name, port] = [text.slice(0, colon), text.slice(colon + 1)];
    const { ports } = this.#face(index, at, name);
    if (ports.kind === 'transparent') {
      const hint = `write ${name} between the ends of a path`;
      throw this.#refuse(index, at, `function ${name} has no ports of its own`, hint);
    }
    if (ports.kind === 'named' && !ports.names.includes(port)) {
      throw this.#refuse(index, at, `function ${name} has no port ${port}`, `its ports are ${ports.names.join(', ')}`);
    }
    return { kind: 'function', function: name, port };
  }

  #requireTransparent(index: number, at: number, name: string): void {
    if (name in this.#spec.ports || name === HOST || name.includes(':')) {
      throw this.#refuse(index, at, `${name} is in the middle of a path`, 'ports and `host` are ends of paths');
    }
    if (this.#face(index, at, name).ports.kind === 'transparent') return;
    const hint = `let paths end at its ports: '… → ${name}:<port>'`;
    throw this.#refuse(index, at, `function ${name} has ports of its own, and is in the middle of a path`, hint);
  }

  #face(index: number, at: number, name: string): FunctionFace {
    const face = this.#faces.get(name);
    if (face !== undefined) return face;
    const known = [...this.#faces.keys()].join(', ') || 'none';
    throw this.#refuse(index, at, `there is no function ${name}`, `functions are ${known}`);
  }

  #refuse(index: number, at: number, wrong: string, hint: string): ChainSpecError {
    return new ChainSpecError(this.#spec.name, ['paths', index, at], wrong, hint);
  }
}
