import type { Classifier } from './classifiers/index.ts';

/** The default exports of modules. @throws TypeError that names a module without a classifier */
export function loadClassifiers(files: readonly string[]): Promise<readonly Classifier[]> {
  return Promise.all(files.map(loadClassifier));
}

async function loadClassifier(file: string): Promise<Classifier> {
  const module: unknown = await import(file);
  const found = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (isClassifier(found)) return found;
  throw new TypeError(
    `${file} has no classifier as its default export: an object with name, transport ('tcp' or 'udp') and classify`,
  );
}

function isClassifier(value: unknown): value is Classifier {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value && 'transport' in value && 'classify' in value)) return false;
  return typeof value.classify === 'function' && (value.transport === 'tcp' || value.transport === 'udp');
}
