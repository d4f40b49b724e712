import { Errno } from '../errno.ts';
import { sys } from '../ffi.ts';
import { inNamespace, type NamespaceRef } from '../namespace/enter.ts';
import { Socket } from '../socket.ts';
import { check, SyscallError } from '../syscall-error.ts';
import { headerSize, messages, NetlinkReader, NetlinkWriter } from './message.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLM_F_DUMP = 0x300;
const NLMSGERR_ATTR_MSG = 1;

const answerTimeoutMs = 5000;
const dumpAttempts = 5;

export interface NetlinkRequest {
  /** Names the call in errors, such as "RTM_NEWLINK". */
  readonly call: string;
  readonly type: number;
  readonly flags?: number;
  /** Names the object in errors, such as "interface eth1". */
  readonly subject?: string | undefined;
  readonly body: (writer: NetlinkWriter) => unknown;
}

/** Speaks rtnetlink, synchronously, in the network namespace that it was opened in. */
export class Netlink {
  readonly #socket: Socket;
  readonly #answer = new Uint8Array(64 * 1024);
  #sequence = 0;

  /** In this thread's namespace, or in `namespace`. */
  constructor(namespace?: NamespaceRef) {
    const open = () => new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 'rtnetlink');
    this.#socket = namespace === undefined ? open() : inNamespace(namespace, open);
    this.#socket.setOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    this.#socket.setOption(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  }

  /** Makes a change. @throws SyscallError with the kernel's explanation. */
  change(request: NetlinkRequest): void {
    this.#exchange(request, NLM_F_ACK);
  }

  /** Asks for one object. */
  get(request: NetlinkRequest): NetlinkReader | undefined {
    return this.#exchange(request, NLM_F_ACK).messages[0];
  }

  /** Asks for all objects of a kind; the list is consistent. */
  dump(request: NetlinkRequest): NetlinkReader[] {
    for (let attempt = 1; ; attempt++) {
      const { messages, interrupted } = this.#exchange(request, NLM_F_DUMP);
      if (!interrupted || attempt === dumpAttempts) return messages;
    }
  }

  #exchange(request: NetlinkRequest, flags: number): { messages: NetlinkReader[]; interrupted: boolean } {
    this.#send(request, flags);
    const answers: NetlinkReader[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive(request)) {
        const type = message.u16(4);
        if (message.u32(8) !== this.#sequence) continue;
        if ((message.u16(6) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (type === NLMSG_ERROR || type === NLMSG_DONE) {
          throwRefusal(request, message, type);
          return { messages: answers, interrupted };
        }
        // A copy: the next receive reuses the buffer.
        answers.push(new NetlinkReader(message.bytes.slice(headerSize)));
      }
    }
  }

  #send({ call, type, flags = 0, subject, body }: NetlinkRequest, moreFlags: number): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const writer = new NetlinkWriter();
    writer
      .u32(0)
      .u16(type)
      .u16(NLM_F_REQUEST | flags | moreFlags);
    writer.u32(this.#sequence).u32(0);
    body(writer);
    writer.patchU32(0, writer.length);
    check(call, sys.send(this.#socket.fd.number, writer.bytes, writer.length, 0), { subject });
  }

  #receive({ call, subject }: NetlinkRequest): NetlinkReader[] {
    if (!this.#socket.waitReadable(answerTimeoutMs)) throw new Error(`${call}: the kernel did not answer`);
    const received = sys.recv(this.#socket.fd.number, this.#answer, this.#answer.length, 0);
    if (received === -Errno.EINTR) return [];
    check(call, received, { subject });
    return [...messages(this.#answer.subarray(0, received))];
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function throwRefusal(request: NetlinkRequest, message: NetlinkReader, type: number): void {
  const error = message.bytes.length >= headerSize + 4 ? message.i32(headerSize) : 0;
  if (error >= 0) return;
  throw new SyscallError(`netlink ${request.call}`, -error, {
    subject: request.subject,
    detail: explanation(message, type),
  });
}

/** The text of the extended acknowledgement, when the kernel gave one. */
function explanation(message: NetlinkReader, type: number): string | undefined {
  const flags = message.u16(6);
  if ((flags & NLM_F_ACK_TLVS) === 0) return undefined;
  // An error repeats the request, or only its header when capped; the end of a dump does not.
  const errorAt = headerSize + 4;
  const repeated = type === NLMSG_DONE ? 0 : (flags & NLM_F_CAPPED) !== 0 ? headerSize : message.u32(errorAt);
  return message
    .attributes(errorAt + ((repeated + 3) & ~3))
    .get(NLMSGERR_ATTR_MSG)
    ?.string();
}
