// Three real members of etcd, which talk by Unix sockets in a folder: no network is needed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EtcdClient } from '../etcd-client.ts';

const MEMBERS = ['m0', 'm1', 'm2'] as const;
/** The sooner a new leader is chosen. */
const TIMES = ['--heartbeat-interval', '50', '--election-timeout', '500'];

export const hasEtcd = existsSync('/usr/bin/etcd');

export class EtcdCluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tp-etcd-'));
  readonly #members = new Map<string, ChildProcess>();

  static async start(): Promise<EtcdCluster> {
    const cluster = new EtcdCluster();
    for (const member of MEMBERS) cluster.#start(member);
    await cluster.#answers();
    return cluster;
  }

  get endpoints(): readonly string[] {
    return MEMBERS.map((member) => `unix:${join(this.folder, clientSocket(member))}`);
  }

  /** As a power cut does. */
  async kill(index: number): Promise<void> {
    const child = this.#members.get(MEMBERS[index] ?? '');
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  restart(index: number): void {
    const member = MEMBERS[index];
    if (member !== undefined) this.#start(member);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const index of MEMBERS.keys()) await this.kill(index);
    rmSync(this.folder, { recursive: true });
  }

  #start(member: string): void {
    const client = `unix://${clientSocket(member)}`;
    const peer = (name: string) => `unix://${name}:2`;
    for (const socket of [clientSocket(member), `${member}:2`]) rmSync(join(this.folder, socket), { force: true });
    const own = [
      '--listen-client-urls',
      client,
      '--advertise-client-urls',
      client,
      '--listen-peer-urls',
      peer(member),
      '--initial-advertise-peer-urls',
      peer(member),
    ];
    const all = MEMBERS.map((name) => `${name}=${peer(name)}`).join(',');
    const options = [
      '--name',
      member,
      '--data-dir',
      join(this.folder, member),
      '--initial-cluster',
      all,
      '--log-level',
      'error',
    ];
    this.#members.set(
      member,
      spawn('/usr/bin/etcd', [...options, ...own, ...TIMES], { cwd: this.folder, stdio: 'ignore' }),
    );
  }

  async #answers(): Promise<void> {
    using client = new EtcdClient({ endpoints: this.endpoints });
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        await client.put('/ready', 'yes');
        return;
      } catch {
        await delay(100);
      }
    }
    throw new Error('etcd does not answer within 10 s');
  }
}

const clientSocket = (member: string): string => `${member}:1`;
