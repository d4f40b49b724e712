import { runModule } from '@twinpath/compiler/run';
import { giveBackMemory } from '@twinpath/linux';
import type { AskEngine, EngineAnswers } from '../engine/engine-question.ts';
import { Instance } from '../instance/instance.ts';
import type { PlaneImage } from '../instance/instance-home.ts';
import type { InstancePlane, PlacedProgram } from '../instance-plane.ts';
import type { AuthorCode } from './author-code.ts';
import { errorData, isCloneable } from './error-data.ts';
import { askMain, logInMain, tellMain } from './main-thread.ts';
import type { Begun, Call, NewInstance, Question, WorkerData } from './messages.ts';
import { workerCompiler } from './worker-compiler.ts';
import { WorkerPlane } from './worker-plane.ts';

/** The instances of one worker, by the numbers that the main thread gives them. */
export class WorkerInstances {
  readonly #data: WorkerData;
  readonly #code: AuthorCode;
  readonly #instances = new Map<number, Instance>();
  /** By watched descriptor. */
  readonly #wakes = new Map<number, () => void>();

  constructor(data: WorkerData, code: AuthorCode) {
    this.#data = data;
    this.#code = code;
  }

  wake(fd: number): void {
    this.#wakes.get(fd)?.();
  }

  /** Answers by a message, whatever happens. */
  async call(id: number, instance: number, call: Call): Promise<void> {
    try {
      const value = await this.#code.run(instance, () => this.#answer(instance, call));
      tellMain({ kind: 'result', id, value });
    } catch (error) {
      tellMain({ kind: 'failure', id, error: errorData(error) });
    }
  }

  async #answer(instance: number, call: Call): Promise<unknown> {
    switch (call.method) {
      case 'open':
        return this.#open(instance, call);
      case 'start':
        return this.#start(instance, call);
      case 'configure':
        return this.#configure(instance, call.config);
      case 'place':
        return this.#find(instance).place(call.places);
      case 'save':
        return this.#find(instance).save(call.file);
      case 'operate':
        return this.#find(instance).operate(call.operation, call.input);
      case 'statistics':
        return this.#find(instance).statistics();
      case 'measures':
        return this.#find(instance).measures();
      case 'entries':
        return this.#find(instance).entries(call.table);
      case 'close':
        return this.#close(instance);
    }
  }

  async #open(
    number: number,
    { instance: made, code, plane: image }: Extract<Call, { method: 'open' }>,
  ): Promise<unknown> {
    const { chain, name, key } = made;
    const { module, ...sends } = code;
    const spec = await runModule(module);
    const plane = await this.#openPlane(number, made, image);
    const log = logInMain(number);
    const { seed } = this.#data;
    const compiler = workerCompiler((question) => this.#ask(number, question));
    const instance = new Instance({ chain, name, spec, sends, compiler, plane, seed, key, log });
    this.#instances.set(number, instance);
    return instance.spec;
  }

  async #openPlane(
    number: number,
    { name: functionName, key }: NewInstance,
    image: PlaneImage,
  ): Promise<InstancePlane> {
    const parts = {
      wiring: {
        place: (programs: readonly PlacedProgram[]) => void this.#ask(number, { kind: 'place', programs }),
        collect: () => void this.#ask(number, { kind: 'collect' }),
      },
      watch: (fd: number, wake: () => void) => this.#watch(number, fd, wake),
      within: <T>(work: () => T): T => this.#code.run(number, work),
    };
    if (image.kind === 'kernel') return new WorkerPlane({ functionName, pins: image.pins, key, ...parts });
    // Others do without the engine.
    const [{ EnginePlane }, { GuestAccess }] = await Promise.all([
      import('../engine/engine-plane.ts'),
      import('./guest-access.ts'),
    ]);
    // An answer is that of its question.
    const ask: AskEngine = (question) =>
      this.#ask(number, { kind: 'engine', question }) as EngineAnswers[typeof question.ask];
    return new EnginePlane({ functionName, key, access: new GuestAccess({ ...image, ...parts, ask }) });
  }

  async #start(instance: number, { config, places, options }: Extract<Call, { method: 'start' }>): Promise<unknown> {
    const found = this.#find(instance);
    await found.start(config, places, options);
    // What loading has left is most of what a worker would take from here on.
    giveBackMemory();
    return { config: copyOf(found.config()), statistics: await found.statistics() } satisfies Begun;
  }

  async #configure(instance: number, config: unknown): Promise<unknown> {
    const found = this.#find(instance);
    await found.configure(config);
    return copyOf(found.config());
  }

  async #close(instance: number): Promise<void> {
    const found = this.#instances.get(instance);
    this.#instances.delete(instance);
    await found?.[Symbol.asyncDispose]();
  }

  #watch(instance: number, fd: number, wake: () => void): Disposable {
    this.#wakes.set(fd, wake);
    this.#ask(instance, { kind: 'watch', fd });
    return {
      [Symbol.dispose]: () => {
        this.#wakes.delete(fd);
        this.#ask(instance, { kind: 'forget', fd });
      },
    };
  }

  #ask(instance: number, question: Question): unknown {
    return askMain(this.#data, instance, question);
  }

  #find(instance: number): Instance {
    const found = this.#instances.get(instance);
    if (found === undefined) throw new Error('the function is not in this worker any more');
    return found;
  }
}

/** A schema may make what cannot leave the thread. */
const copyOf = (config: unknown): unknown => (isCloneable(config) ? config : undefined);
