// Asks a helper process inside a host's namespace to send and to serve: one process for all requests of the host.
import { join } from 'node:path';
import type { AgentReply, AgentRequest, Numbered } from './agent-protocol.ts';
import type { LabProcess } from './process.ts';

/** Built packages are JavaScript. */
const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
export const AGENT_FILE = join(import.meta.dirname, `agent-main.${extension}`);

export class Agent {
  readonly #process: LabProcess;
  readonly #waiting = new Map<number, (reply: AgentReply) => void>();
  #number = 0;

  /** `started`: Node, running AGENT_FILE, with a channel. */
  constructor(started: LabProcess) {
    this.#process = started;
    started.child.on('message', (message) => this.#receive(message));
    void started.exited.then(() => this.#failAll());
  }

  /** @throws Error when the helper process ends before it answers. */
  ask(message: AgentRequest): Promise<AgentReply> {
    this.#number++;
    const numbered: Numbered<AgentRequest> = { number: this.#number, message };
    return new Promise((resolve) => {
      this.#waiting.set(numbered.number, resolve);
      this.#process.child.send(numbered, (error) => {
        if (error !== null) this.#settle(numbered.number, { ok: false, error: error.message });
      });
    });
  }

  #receive(message: unknown): void {
    if (isReply(message)) this.#settle(message.number, message.message);
  }

  #settle(number: number, reply: AgentReply): void {
    this.#waiting.get(number)?.(reply);
    this.#waiting.delete(number);
  }

  #failAll(): void {
    const error = `the lab's helper process ended: ${this.#process.stderr}`;
    for (const number of [...this.#waiting.keys()]) this.#settle(number, { ok: false, error });
  }
}

function isReply(message: unknown): message is Numbered<AgentReply> {
  return typeof message === 'object' && message !== null && 'number' in message && 'message' in message;
}
