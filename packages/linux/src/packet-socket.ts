import { Errno } from './errno.ts';
import type { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';
import { PacketBatch } from './packet-batch.ts';
import { PacketReceiver } from './packet-receiver.ts';
import { PacketSender, type SendOptions } from './packet-sender.ts';
import { Socket } from './socket.ts';
import { check } from './syscall-error.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const ETH_P_ALL = 3;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;

export interface PacketSocketOptions {
  /** The interface's name or ifindex. */
  readonly link: string | number;
  /** Default: this thread's. */
  readonly namespace?: NamespaceRef;
  /** What to receive: nothing (default; costs the interface nothing), what arrives, or also what is sent from here. */
  readonly receive?: 'nothing' | 'incoming' | 'all';
  /** Bytes of packets that may wait to be received. */
  readonly receiveBufferSize?: number;
}

/** Whole Ethernet frames on one interface (AF_PACKET, SOCK_RAW). Sending runs the interface's egress hooks. */
export class PacketSocket {
  readonly #socket: Socket;
  readonly #subject: string;
  readonly #sender: PacketSender;
  readonly #receiver = new PacketReceiver();

  constructor({ link, namespace, receive = 'nothing', receiveBufferSize }: PacketSocketOptions) {
    this.#subject = `packet socket on interface ${link}`;
    // Protocol 0 until bind: otherwise frames of every interface would queue in between.
    const open = () => {
      const socket = new Socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0, this.#subject);
      return { socket, ifindex: typeof link === 'number' ? link : check('if_nametoindex', sys.ifNameToIndex(link)) };
    };
    const { socket, ifindex } = namespace === undefined ? open() : inNamespace(namespace, open);
    this.#socket = socket;
    this.#sender = new PacketSender(socket.fd, this.#subject);
    try {
      this.#bind(ifindex, receive, receiveBufferSize);
    } catch (error) {
      socket[Symbol.dispose]();
      throw error;
    }
  }

  #bind(ifindex: number, receive: 'nothing' | 'incoming' | 'all', receiveBufferSize: number | undefined): void {
    if (ifindex === 0) throw new Error(`${this.#subject}: there is no such interface`);
    this.#socket.setOption(SOL_PACKET, PACKET_AUXDATA, 1);
    if (receive === 'incoming') this.#socket.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    if (receiveBufferSize !== undefined) this.#socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferSize);
    // struct sockaddr_ll: u16 family, be16 protocol, i32 ifindex, u16 hardware type, u8 packet type, u8 length, 8 bytes.
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, receive === 'nothing' ? 0 : ETH_P_ALL);
    address.setInt32(4, ifindex, true);
    this.#socket.bind(new Uint8Array(address.buffer));
  }

  /** For pollFd(). */
  get fd(): Fd {
    return this.#socket.fd;
  }

  /**
   * Sends one frame, Ethernet header included.
   * @throws SyscallError (ENOBUFS: the interface's queue is full, or a program on its egress hook dropped the frame).
   */
  send(frame: Uint8Array, options?: SendOptions): void {
    this.#sender.send(frame, options);
  }

  /**
   * For frames that go out together, each with its own mark, also such whose checksums or segmentation are unfinished.
   * From now on send() and sendBatch() cannot be used on this socket, nor can it receive.
   */
  batch(): PacketBatch {
    this.#socket.setOption(SOL_PACKET, PACKET_VNET_HDR, 1);
    return new PacketBatch(this.#socket.fd, this.#subject);
  }

  /** Sends frames in order with one system call; how many went out before one met ENOBUFS. */
  sendBatch(frames: readonly Uint8Array[], options?: SendOptions): number {
    return this.#sender.sendBatch(frames, options);
  }

  /**
   * The next frame, as it was on the wire (a VLAN tag that the kernel took out is put back); undefined when none came
   * within `timeoutMs` milliseconds, during which the thread is blocked.
   */
  receive(timeoutMs = 0): Uint8Array | undefined {
    for (;;) {
      if (timeoutMs > 0 && !this.#socket.waitReadable(timeoutMs)) return undefined;
      const received = this.#receiver.receive(this.#socket.fd.number);
      if (typeof received !== 'number') return received;
      if (received === -Errno.EAGAIN) return undefined;
      if (received !== -Errno.EINTR) check('recvmsg', received, { subject: this.#subject });
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
