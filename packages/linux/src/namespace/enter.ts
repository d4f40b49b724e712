import './pool.ts';
import { constants, fstatSync, statSync } from 'node:fs';
import { Fd } from '../fd.ts';
import { sys } from '../ffi.ts';
import { check } from '../syscall-error.ts';
import { namespaceFile } from './path.ts';

const CLONE_NEWNET = 0x40000000;

/** A network namespace: its name under /run/netns, `pid:<a process in it>`, its path; or a descriptor that holds it open. */
export type NamespaceRef = string | Fd;

const needs = 'run as root, or give the process CAP_SYS_ADMIN';

/** Opens the namespace called `name` (of `ip netns`, or of createNamespace), that of a process (`pid:1234`), or a path. */
export function openNamespace(name: string): Fd {
  const flags = constants.O_RDONLY | 0o2000000;
  return Fd.adopt(check('open', sys.open(namespaceFile(name), flags, 0), { subject: `network namespace ${name}` }));
}

/** Opens the namespace that this thread is in. */
export function currentNamespace(): Fd {
  const flags = constants.O_RDONLY | 0o2000000;
  // thread-self: /proc/self is the first thread, which is elsewhere when a worker entered a namespace.
  return Fd.adopt(check('open', sys.open('/proc/thread-self/ns/net', flags, 0), { subject: 'this network namespace' }));
}

/** Whether this thread is in that namespace already. */
export function isCurrentNamespace(namespace: Fd): boolean {
  const [there, here] = [fstatSync(namespace.number), statSync('/proc/thread-self/ns/net')];
  return there.ino === here.ino && there.dev === here.dev;
}

/** `T` unless it is a promise: what runs in a namespace is over when the call returns. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Runs `work` with this thread in another network namespace, and comes back. Sockets, links and child processes made in
 * `work` stay in that namespace. `work` must be synchronous: whatever ran meanwhile would be in the wrong namespace.
 * @throws SyscallError when the namespace cannot be entered. When the way back fails, the process aborts.
 */
export function inNamespace<T>(namespace: NamespaceRef, work: () => Synchronous<T>): T {
  if (typeof namespace === 'string') {
    using opened = openNamespace(namespace);
    return inNamespace(opened, work);
  }
  return leaveAfter(() => check('setns', sys.setns(namespace.number, CLONE_NEWNET), { hint: needs }), work);
}

/** Runs `work` in a new namespace without a name, which lives as long as something of it is open. */
export function inNewNamespace<T>(work: () => Synchronous<T>): T {
  return leaveAfter(() => check('unshare(CLONE_NEWNET)', sys.unshare(CLONE_NEWNET), { hint: needs }), work);
}

function leaveAfter<T>(enter: () => unknown, work: () => Synchronous<T>): T {
  if (work.constructor.name === 'AsyncFunction') throw new TypeError('work in a namespace must be synchronous');
  using home = currentNamespace();
  enter();
  let result: Synchronous<T>;
  try {
    result = work();
  } finally {
    // A process that is in an unknown namespace would configure the wrong network from here on.
    if (sys.setns(home.number, CLONE_NEWNET) < 0) sys.abort();
  }
  if (isPromiseLike(result)) throw new TypeError('work in a namespace must be synchronous, but it returned a promise');
  return result;
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
