import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Errno } from '../errno.ts';
import { sys } from '../ffi.ts';
import { check } from '../syscall-error.ts';
import { inNewNamespace } from './enter.ts';
import { namespaceDirectory, namespacePath } from './path.ts';

const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_SHARED = 0x100000;
const MNT_DETACH = 2;

/**
 * Makes a network namespace that `ip netns exec` finds too. It stays until deleteNamespace, also after this process.
 * @throws Error when the name is taken.
 */
export function createNamespace(name: string): void {
  const path = namespacePath(name);
  shareDirectory();
  // Exclusive, so that two processes cannot both think that the name is theirs.
  closeSync(openSync(path, 'wx', 0));
  try {
    inNewNamespace(() => {
      const result = sys.mount('/proc/thread-self/ns/net', path, 'none', MS_BIND, null);
      check('mount', result, { subject: `network namespace ${name}` });
    });
  } catch (error) {
    rmSync(path);
    throw error;
  }
}

/** Removes the name; the namespace ends when the last socket or process in it does. */
export function deleteNamespace(name: string): void {
  const path = namespacePath(name);
  const result = sys.umount2(path, MNT_DETACH);
  // EINVAL: nothing is mounted there, a name left by a crash between the two steps of createNamespace.
  if (result !== -Errno.EINVAL) check('umount', result, { subject: `network namespace ${name}` });
  rmSync(path);
}

/** The names of all named namespaces. */
export function listNamespaces(): string[] {
  return existsSync(namespaceDirectory) ? readdirSync(namespaceDirectory) : [];
}

/** A shared mount, as `ip netns` makes it: other mount namespaces then see names come and go. */
function shareDirectory(): void {
  mkdirSync(namespaceDirectory, { recursive: true, mode: 0o755 });
  const mounted = readFileSync('/proc/thread-self/mountinfo', 'utf8').includes(` ${namespaceDirectory} `);
  const subject = namespaceDirectory;
  if (!mounted) {
    check('mount', sys.mount(namespaceDirectory, namespaceDirectory, 'none', MS_BIND | MS_REC, null), { subject });
  }
  check('mount', sys.mount('', namespaceDirectory, 'none', MS_SHARED | MS_REC, null), { subject });
}
