/** Where `ip netns` and we keep named namespaces. */
export const namespaceDirectory = '/run/netns';

/** @throws RangeError for names that are not a plain file name. */
export function namespacePath(name: string): string {
  if (!/^[A-Za-z0-9_.:-]+$/.test(name) || name === '.' || name === '..') {
    throw new RangeError(`"${name}" is not a network namespace's name (letters, digits, "_", ".", ":", "-")`);
  }
  return `${namespaceDirectory}/${name}`;
}

/**
 * The file of a namespace: by its name; by a process in it, as `pid:1234` (of a container, its first one); or a path such as
 * /run/docker/netns/default.
 */
export function namespaceFile(reference: string): string {
  const [, pid] = /^pid:(\d+)$/.exec(reference) ?? [];
  if (pid !== undefined) return `/proc/${pid}/ns/net`;
  return reference.startsWith('/') ? reference : namespacePath(reference);
}
