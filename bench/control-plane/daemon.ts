// A daemon in a process of its own, and what it costs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@twinpath/api';
import { takeDown } from '@twinpath/runtime/host';

const BIN = fileURLToPath(new URL('../../packages/daemon/bin/twinpathd.js', import.meta.url));
/** Of times in /proc (USER_HZ). */
const TICKS_PER_SECOND = 100;

export class BenchDaemon implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tp-bench-control-'));
  readonly client = new Client({ socket: join(this.folder, 'twinpathd.sock') });
  readonly #chains: readonly string[];
  #process: ChildProcess | undefined;

  /** `chains`: those that it may run, taken away in the end. */
  constructor(chains: readonly string[]) {
    this.#chains = chains;
    const settings = {
      node: 'bench',
      stateDirectory: join(this.folder, 'state'),
      socket: { path: join(this.folder, 'twinpathd.sock') },
      limits: { requestsPerSecond: 1e6, burst: 1e6 },
    };
    writeFileSync(join(this.folder, 'twinpathd.yaml'), JSON.stringify(settings));
  }

  /** Milliseconds until it listens. */
  async start(): Promise<number> {
    const began = performance.now();
    const child = spawn(process.execPath, [BIN, '--settings', join(this.folder, 'twinpathd.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    await new Promise<void>((ready, failed) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('twinpathd is ready')) ready();
      });
      child.once('exit', () => failed(new Error(`the daemon ended: ${said}`)));
    });
    return performance.now() - began;
  }

  /** Its chains run on. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }

  /** MiB. */
  get resident(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024;
  }

  /** Seconds of CPU time so far, of all threads. */
  get cpuSeconds(): number {
    const behindName = readFileSync(`/proc/${this.#pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    // utime and stime: the 14th and 15th field (proc(5)), counted from the third here.
    return (Number(behindName[11]) + Number(behindName[12])) / TICKS_PER_SECOND;
  }

  get #pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the daemon was not started');
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    await this.stop();
    for (const chain of this.#chains) takeDown({ chain });
    rmSync(this.folder, { recursive: true });
  }
}
