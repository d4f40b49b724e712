import type { Engine } from '../engine.ts';
import type { EngineProgram } from '../engine-program.ts';
import type { Hook } from '../memory/frame-context.ts';
import { VERDICT } from './counters.ts';
import type { InterfaceImage } from './interface-image.ts';
import type { Port } from './port.ts';

/** What is done with frames. */
export interface Assignment {
  /** Id of the XDP program that judges frames of ports that are no interface's; 0: they are dropped. */
  readonly program: number;
  /** Number of the port for those of them that are meant for the host (XDP_PASS); without one they are dropped. */
  readonly host: number | undefined;
  readonly interfaces: readonly InterfaceImage[];
  /** Number of the port whose frames say in front of them (INLET) where they go on. */
  readonly inlet: number | undefined;
}

/** One way through an interface: what judges frames, and the port to which those go that pass. */
export interface Way {
  /** Of the interface. */
  readonly number: number;
  readonly program: EngineProgram | undefined;
  /** Of the interface. */
  readonly wire: Port | undefined;
  readonly on: Port | undefined;
  /** What judges those that an XDP program lets pass, before they go there. */
  readonly above: Way | undefined;
  /** A verdict's counter. */
  readonly passed: number;
}

/** A port, and what is done with what comes by it; `undefined`: each frame says that itself. */
export interface Input {
  readonly port: Port;
  readonly way: Way | undefined;
}

/** What an assignment means for the ports that there are, with programs that the engine has now. */
export class Ways {
  readonly inputs: readonly Input[];
  /** By number of the interface: what comes from the wire. */
  readonly arriving: ReadonlyMap<number, Way>;
  /** What is behind XDP. */
  readonly inward: ReadonlyMap<number, Way>;
  /** What the host sends, and tc programs; of each port, also of those that are no interface's. */
  readonly outward: ReadonlyMap<number, Way>;
  readonly #engine: Engine;

  /** @throws Error for programs that are not there, or belong elsewhere. */
  constructor(engine: Engine, ports: readonly Port[], { program, host, interfaces, inlet }: Assignment) {
    this.#engine = engine;
    // What goes out of an interface of several queues goes by the first.
    const byNumber = new Map(ports.toReversed().map((port) => [port.number, port] as const));
    const find = (number: number | undefined) => (number === undefined ? undefined : byNumber.get(number));
    const ways = interfaces.map((one) => this.#waysOf(one, find));
    this.arriving = new Map(ways.map(({ arriving }) => [arriving.number, arriving]));
    this.inward = new Map(ways.map(({ inward }) => [inward.number, inward]));
    const alone = [...byNumber].map(([number, port]): [number, Way] => {
      return [number, { number, program: undefined, wire: port, on: port, above: undefined, passed: VERDICT.sent }];
    });
    this.outward = new Map([...alone, ...ways.map(({ outward }) => [outward.number, outward] as const)]);
    const hosts = new Map(
      interfaces.flatMap(({ host: at, number }) => {
        const way = this.outward.get(number);
        return at === undefined || way === undefined ? [] : [[at, way] as const];
      }),
    );
    const judge = this.#program(program, 'xdp');
    const other = (port: Port): Way => {
      const on = judge && find(host);
      return { number: port.number, program: judge, wire: port, on, above: undefined, passed: VERDICT.passed };
    };
    this.inputs = ports.map((port) => {
      const { number } = port;
      return {
        port,
        way: number === inlet ? undefined : (this.arriving.get(number) ?? hosts.get(number) ?? other(port)),
      };
    });
  }

  #waysOf(
    { number, host, xdp, ingress, egress }: InterfaceImage,
    find: (number: number | undefined) => Port | undefined,
  ) {
    const wire = find(number);
    const base = { number, wire, above: undefined };
    const inward: Way = { ...base, program: this.#program(ingress, 'skb'), on: find(host), passed: VERDICT.passed };
    const outward: Way = { ...base, program: this.#program(egress, 'skb'), on: wire, passed: VERDICT.sent };
    const first = this.#program(xdp, 'xdp');
    const above = inward.program === undefined ? undefined : inward;
    const arriving: Way = first === undefined ? inward : { ...inward, program: first, above };
    return { arriving, inward, outward };
  }

  #program(id: number, hook: Hook): EngineProgram | undefined {
    if (id === 0) return undefined;
    const program = this.#engine.program(id);
    if (program === undefined) throw new Error(`the engine has no program ${id}`);
    if (program.hook === hook) return program;
    const wanted = hook === 'xdp' ? 'ports run XDP programs' : 'a program for tc is wanted there';
    throw new Error(`program "${program.name}" is of type ${program.type}: ${wanted}`);
  }
}
