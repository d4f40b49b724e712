// One emulated machine: no network, no disk, nothing of the host's that it could touch.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Architecture } from './architecture.ts';
import { ask } from './unavailable.ts';

export interface Machine {
  readonly architecture: Architecture;
  /** Paths of the kernel and of its first file system. */
  readonly image: string;
  readonly files: string;
  /** Where what the kernel says goes. */
  readonly console: string;
  readonly seconds: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const MEMORY_MB = 1024;
/** Two devices, joined in the emulator. */
const WIRE = ['near', 'far'].flatMap((end) => [
  ...['-netdev', `hubport,id=${end},hubid=0`, '-device', `virtio-net-pci,netdev=${end},romfile=`],
]);
const COMMAND_LINE = 'quiet panic=-1 mitigations=off tsc=reliable nr_cpus=1';

/** Runs it, line by line of its results, to its end. @throws Error when it takes too long, Unavailable without the emulator */
export async function runMachine(machine: Machine, onLine: (line: string) => void): Promise<void> {
  const { architecture, image, files, seconds, signal } = machine;
  const options = [
    ...['-accel', 'tcg,thread=single', '-smp', '1', '-m', String(MEMORY_MB)],
    ...WIRE,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', image, '-initrd', files, '-append', `console=${architecture.consoles.kernel} ${COMMAND_LINE}`],
    ...architecture.machine(machine.console),
  ];
  ask(architecture.emulator, ['--version']);
  const limit = AbortSignal.timeout(seconds * 1000);
  const child = spawn('nice', [architecture.emulator, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.any([signal, limit]),
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  createInterface({ input: child.stdout }).on('line', (line) => onLine(line.trimEnd()));
  try {
    await ended;
  } catch (error) {
    if (limit.aborted)
      throw new Error(`the machine had not finished after ${seconds} s; its console: ${machine.console}`);
    throw error;
  }
}
