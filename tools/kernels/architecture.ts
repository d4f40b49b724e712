// What machines of an architecture are called by those who make their parts, and how one is emulated.

export interface Architecture {
  /** As Node says it. */
  readonly name: string;
  /** As Debian says it. */
  readonly debian: string;
  readonly emulator: string;
  /** The machine, and its two serial ports: for what the kernel says into a file, for results from standard output. */
  readonly machine: (console: string) => readonly string[];
  readonly consoles: { readonly kernel: string; readonly results: string };
}

const x64: Architecture = {
  name: 'x64',
  debian: 'amd64',
  emulator: 'qemu-system-x86_64',
  machine: (console) => ['-cpu', 'max', '-serial', `file:${console}`, '-serial', 'stdio'],
  consoles: { kernel: 'ttyS0', results: 'ttyS1' },
};

/** Without pointer authentication, which is slow to emulate and changes nothing that is tested. */
const arm64: Architecture = {
  name: 'arm64',
  debian: 'arm64',
  emulator: 'qemu-system-aarch64',
  machine: (console) => [
    ...['-machine', 'virt', '-cpu', 'max,pauth=off', '-serial', `file:${console}`],
    ...['-chardev', 'stdio,id=results', '-device', 'pci-serial,chardev=results'],
  ],
  consoles: { kernel: 'ttyAMA0', results: 'ttyS0' },
};

const architectures: readonly Architecture[] = [x64, arm64];

export function architectureOf(name: string): Architecture {
  const found = architectures.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`no machine of architecture ${name} is known`);
  return found;
}
