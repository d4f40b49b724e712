const names = new WeakMap<object, string>();

/** Remembers what a declared table or reason is called: `vnf()` learns it, messages use it. */
export function setName(spec: object, path: string): void {
  names.set(spec, path);
}

/** `undefined`: no `vnf()` has listed it. */
export function nameOf(spec: object): string | undefined {
  return names.get(spec);
}
