// What we use of the JavaScript interface: Node's types lack it, and those of browsers bring a whole browser along.

declare global {
  namespace WebAssembly {
    interface MemoryDescriptor {
      readonly initial: number;
      readonly maximum?: number;
      readonly shared?: boolean;
    }
    class Memory {
      constructor(descriptor: MemoryDescriptor);
      readonly buffer: ArrayBuffer | SharedArrayBuffer;
    }
    class Table {
      constructor(descriptor: { readonly element: 'anyfunc'; readonly initial: number; readonly maximum?: number });
      readonly length: number;
      get(index: number): unknown;
      set(index: number, value: unknown): void;
    }
    class Global {
      constructor(descriptor: { readonly value: 'i32'; readonly mutable?: boolean }, value: number);
      value: number;
    }
    class Module {
      constructor(bytes: Uint8Array<ArrayBuffer>);
    }
    class Instance {
      constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
      readonly exports: Readonly<Record<string, unknown>>;
    }
    class RuntimeError extends Error {}
  }
}

export {};
