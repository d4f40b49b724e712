import { constants } from 'node:fs';
import { Errno } from './errno.ts';
import { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';
import { VIRTIO_NET_HEADER, type VirtioNetHeader, writeVirtioNetHeader } from './virtio-net-header.ts';

const DEVICE = '/dev/net/tun';
const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 0x0002;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFNAMSIZ = 16;
const O_CLOEXEC = 0o2000000;
/** Longer than any frame that the kernel takes. */
const MAX_FRAME = 66_000;

export interface TapOptions {
  /** `%d` in it becomes a number. */
  readonly name: string;
  /** Where the interface is made; default: this thread's namespace. */
  readonly namespace?: NamespaceRef;
  /** Descriptor of the interface as another thread has it: it is there already, and lives until both are disposed. */
  readonly sharing?: number;
  /** Further objects of this name, which must say so too, are queues of the same interface: what the host sends is spread by flow.
   *  Default `false`. */
  readonly queues?: boolean;
}

/**
 * A virtual Ethernet interface whose other end is this object: what is written here arrives there. Down at first; gone with the
 * object. Frames may be unfinished: checksums and segmentation are left to the kernel (IFF_VNET_HDR).
 */
export class Tap implements Disposable {
  /** Readable when the host has sent something by it. */
  readonly fd: Fd;
  readonly name: string;
  readonly #subject: string;
  readonly #buffer = new NativeBuffer(VIRTIO_NET_HEADER + MAX_FRAME);

  /** @throws SyscallError (ENOENT: the kernel has no TUN driver, EPERM, EBUSY: the name is taken). */
  constructor({ name, namespace, sharing, queues = false }: TapOptions) {
    this.#subject = `TAP interface ${name}`;
    if (sharing !== undefined) {
      this.fd = Fd.duplicateOf(sharing);
      this.name = name;
      return;
    }
    // The interface is made in the namespace in which the device was opened.
    const open = () =>
      check('open', sys.open(DEVICE, constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC, 0), { subject: DEVICE });
    this.fd = Fd.adopt(namespace === undefined ? open() : inNamespace(namespace, open));
    try {
      // struct ifreq { char name[16]; short flags; … }
      const request = new NativeBuffer(40).setString(0, name, IFNAMSIZ);
      request.setU16(IFNAMSIZ, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues ? IFF_MULTI_QUEUE : 0));
      check('ioctl(TUNSETIFF)', sys.ioctl(this.fd.number, TUNSETIFF, request.bytes), { subject: this.#subject });
      const given = request.bytes.subarray(0, IFNAMSIZ);
      this.name = new TextDecoder().decode(given.subarray(0, given.indexOf(0)));
    } catch (error) {
      this.fd.close();
      throw error;
    }
  }

  /**
   * The frame arrives at the interface, and has been through its tc ingress programs when this returns.
   * @throws SyscallError (EIO: the interface is down, EINVAL: no frame, or an offload that does not fit it).
   */
  write(frame: Uint8Array, offload?: VirtioNetHeader): void {
    if (frame.length > MAX_FRAME) throw new RangeError(`${this.#subject}: ${frame.length} bytes are no frame`);
    writeVirtioNetHeader(this.#buffer.view, 0, offload);
    this.#buffer.bytes.set(frame, VIRTIO_NET_HEADER);
    const length = VIRTIO_NET_HEADER + frame.length;
    check('write', sys.write(this.fd.number, this.#buffer.bytes, length), { subject: this.#subject });
  }

  /** What the host has sent by the interface; `undefined`: nothing waits. Segmented and with checksums where it has to be. */
  read(): Uint8Array | undefined {
    const result = sys.read(this.fd.number, this.#buffer.bytes, this.#buffer.size);
    if (result === -Errno.EAGAIN) return undefined;
    const length = check('read', result, { subject: this.#subject });
    return this.#buffer.bytes.slice(VIRTIO_NET_HEADER, length);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}
