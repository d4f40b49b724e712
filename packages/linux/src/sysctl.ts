import { readFileSync, writeFileSync } from 'node:fs';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';

// /proc/sys/net shows the namespace of the thread that opens the file, unlike /proc/net, which follows the process.

/** Reads a kernel setting such as "net.ipv4.ip_forward", in this thread's namespace or in another. */
export function readSysctl(name: string, namespace?: NamespaceRef): string {
  const read = () => readFileSync(sysctlPath(name), 'utf8').trim();
  return namespace === undefined ? read() : inNamespace(namespace, read);
}

/** Writes a kernel setting, in this thread's namespace or in another. */
export function writeSysctl(name: string, value: string | number, namespace?: NamespaceRef): void {
  const write = () => writeFileSync(sysctlPath(name), String(value));
  if (namespace === undefined) write();
  else inNamespace(namespace, write);
}

/** As sysctl(8): dots separate, and a slash stands for a dot inside a part ("net.ipv4.conf.eth0/1.rp_filter"). */
function sysctlPath(name: string): string {
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_/:-]+)+$/.test(name)) throw new RangeError(`"${name}" is not the name of a sysctl`);
  const parts = name.split('.').map((part) => part.replaceAll('/', '.'));
  if (parts.includes('..')) throw new RangeError(`"${name}" is not the name of a sysctl`);
  return `/proc/sys/${parts.join('/')}`;
}
