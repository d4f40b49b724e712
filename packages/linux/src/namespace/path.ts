/** Where `ip netns` and we keep named namespaces. */
export const namespaceDirectory = '/run/netns';

/** @throws RangeError for names that are not a plain file name. */
export function namespacePath(name: string): string {
  if (!/^[A-Za-z0-9_.:-]+$/.test(name) || name === '.' || name === '..') {
    throw new RangeError(`"${name}" is not a network namespace's name (letters, digits, "_", ".", ":", "-")`);
  }
  return `${namespaceDirectory}/${name}`;
}
