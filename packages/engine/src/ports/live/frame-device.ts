import { isSyscallError, PacketSocket, Tap } from '@twinpath/linux';
import type { FarEnd } from '../far-end.ts';
import type { Device, DeviceImage } from '../port-image.ts';

/** Frames of one exchange. */
const BATCH = 64;

/** What gives and takes one frame at a time: a packet socket, a TAP interface. */
interface FrameIo extends Disposable {
  readonly fd: { readonly number: number };
  read(): Uint8Array | undefined;
  write(frame: Uint8Array): void;
}

/** A port whose frames are copied through a descriptor by system calls. */
export class FrameDevice implements Device {
  readonly fd: number;
  readonly #io: FrameIo;
  readonly #far: FarEnd;

  constructor(image: DeviceImage & { readonly kind: 'packet' | 'tap' }, far: FarEnd) {
    this.#io = openIo(image);
    this.#far = far;
    this.fd = this.#io.fd.number;
  }

  exchange(): boolean {
    for (let count = 0; count < BATCH && this.#far.ready; count++) {
      const frame = this.#io.read();
      if (frame === undefined) break;
      // What another MTU lets through, as an interface drops it.
      if (frame.length <= this.#far.longest) this.#far.deliver(frame);
    }
    return this.#far.ring();
  }

  sent(): void {
    this.#far.collect((frame) => {
      try {
        this.#io.write(frame);
      } catch (error) {
        // As on any wire: what does not go out now is gone.
        if (!isSyscallError(error, 'ENOBUFS', 'EAGAIN', 'EIO', 'ENETDOWN', 'EMSGSIZE', 'EINVAL')) throw error;
      }
    });
  }

  [Symbol.dispose](): void {
    this.#io[Symbol.dispose]();
  }
}

function openIo(image: DeviceImage & { readonly kind: 'packet' | 'tap' }): FrameIo {
  const place = image.namespace === undefined ? {} : { namespace: image.namespace };
  if (image.kind === 'tap') {
    return new Tap({ name: image.name, ...place, ...(image.fd !== undefined && { sharing: image.fd }) });
  }
  const socket = new PacketSocket({ link: image.link, receive: 'incoming', ...place });
  return {
    fd: socket.fd,
    read: () => socket.receive(),
    // A copy: system calls take no shared memory that JavaScript could change meanwhile.
    write: (frame) => socket.send(frame.slice()),
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}
