import { PacketSocket, pollFd } from '@twinpath/linux';
import { writePcap } from '@twinpath/packet/pcap';
import type { RunningPort } from '@twinpath/runtime';

export interface CaptureOptions {
  readonly port: RunningPort;
  readonly packets?: number | undefined;
  readonly seconds?: number | undefined;
  readonly snap?: number | undefined;
  readonly signal: AbortSignal;
  /** Is let go of at the end. */
  readonly stream: Disposable;
}

/** Of a pcap file; each packet's record follows. */
const FILE_HEADER_BYTES = 24;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
/** In one turn: other work comes in between. */
const MOST_AT_ONCE = 256;

/** Packets that come and go on a port, as a pcap file that is written as they come. */
export function capture(options: CaptureOptions): ReadableStream<Uint8Array> {
  const { port, packets: most = 1000, seconds = 60, snap = 262_144, signal, stream } = options;
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(seconds * 1000)]);
  const { namespace } = port;
  let isCancelled = false;
  return new ReadableStream({
    start(controller) {
      using stack = new DisposableStack();
      stack.use(stream);
      const socket = stack.use(
        new PacketSocket({
          link: port.interface,
          receive: 'all',
          receiveBufferSize: RECEIVE_BUFFER_BYTES,
          ...(namespace !== undefined && { namespace }),
        }),
      );
      let left = most;
      const take = () => {
        for (let round = 0; round < MOST_AT_ONCE && left > 0; round++) {
          const frame = socket.receive();
          if (frame === undefined) break;
          left--;
          const packet = {
            bytes: frame.subarray(0, snap),
            length: frame.length,
            time: BigInt(Date.now()) * 1_000_000n,
          };
          controller.enqueue(writePcap([packet]).subarray(FILE_HEADER_BYTES));
        }
        // Whoever does not read gets no more: packets that nobody takes are the kernel's to drop.
        if (left === 0 || (controller.desiredSize ?? 0) < -MOST_AT_ONCE * 64) ended.abort();
      };
      controller.enqueue(writePcap([]));
      const poll = pollFd(socket.fd, take);
      stack.defer(() => poll.close());
      const owned = stack.move();
      const end = () => {
        owned[Symbol.dispose]();
        if (!isCancelled) controller.close();
      };
      if (over.aborted) end();
      else over.addEventListener('abort', end, { once: true });
    },
    cancel() {
      isCancelled = true;
      ended.abort();
    },
  });
}
