import { PATH, TRIPS } from '@twinpath/compiler/abi';
import type { EnginePaths } from './engine-paths.ts';
import type { AskEngine, EngineAnswers, EngineQuestion } from './engine-question.ts';
import type { EngineStock } from './engine-stock.ts';

/** What one instance holds in the engine, in the thread that made that; it goes with the instance, however its thread ends. */
export class EngineTenancy implements Disposable {
  readonly #function: string;
  readonly #stock: EngineStock;
  readonly #paths: EnginePaths;
  readonly #maps = new Set<number>();
  readonly #programs = new Set<number>();

  /** `functionName`: under which its maps are installed. */
  constructor(functionName: string, stock: EngineStock, paths: EnginePaths) {
    this.#function = functionName;
    this.#stock = stock;
    this.#paths = paths;
  }

  /** For an instance of this thread. */
  get ask(): AskEngine {
    // An answer is that of its question.
    return (question) => this.answer(question) as EngineAnswers[typeof question.ask];
  }

  answer(question: EngineQuestion): EngineAnswers[keyof EngineAnswers] {
    switch (question.ask) {
      case 'create': {
        const map = this.#stock.createMap(question.spec);
        this.#maps.add(map.id);
        return map.image;
      }
      case 'release':
        if (this.#maps.delete(question.address)) this.#stock.maps.drop(question.address);
        return undefined;
      case 'present':
        return [...this.#stock.installed(this.#function)].map(
          ([name, address]) => [name, this.#open(address)] as const,
        );
      case 'install':
        this.#stock.install(this.#function, new Map(question.maps));
        return undefined;
      case 'load':
        return this.#load(question);
      case 'unload':
        if (this.#programs.delete(question.id)) this.#stock.programs.drop(question.id);
        return undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const id of this.#programs) this.#stock.programs.drop(id);
    for (const address of this.#maps) this.#stock.maps.drop(address);
    this.#programs.clear();
    this.#maps.clear();
  }

  #open(address: number) {
    if (this.#maps.has(address)) return this.#stock.maps.get(address).image;
    this.#maps.add(address);
    return this.#stock.maps.hold(address).image;
  }

  #load({ spec, hook, maps }: Extract<EngineQuestion, { readonly ask: 'load' }>): EngineAnswers['load'] {
    const own = maps.map(([name, address]) => [name, this.#stock.maps.get(address)] as const);
    const given = { ...Object.fromEntries(own), [PATH]: this.#paths.path(hook), [TRIPS]: this.#paths.trips };
    const { id, times } = this.#stock.load(spec, { maps: given, measured: true });
    this.#programs.add(id);
    return { id, times };
  }
}
