import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type CapturedPacket, type PacketToCapture, readCapture, writePcap, writePcapng } from '@twinpath/packet/pcap';
import type { FarEnd } from './far-end.ts';
import type { Device } from './port-image.ts';

/** A port that is a file: what arrives is read from one, what is sent is written to another. */
export interface CaptureImage {
  /** pcap or pcapng. Default: nothing arrives. */
  readonly input?: string | undefined;
  /** Written when the port is closed; pcapng if it ends so, else pcap. Default: what is sent is counted, and gone. */
  readonly output?: string | undefined;
  /** 'original': packets arrive with the distances they have in the file. Default: as fast as they are taken. */
  readonly timing?: 'original' | 'fast';
  /** How often the input is played; default once. */
  readonly repeat?: number;
}

const MILLION = 1e6;
/** Frames of one exchange. */
const BATCH = 256;

export class CaptureDevice implements Device {
  readonly #image: CaptureImage;
  readonly #far: FarEnd;
  readonly #packets: readonly CapturedPacket[];
  readonly #sent: PacketToCapture[] = [];
  #next = 0;
  #left: number;
  /** Milliseconds on performance.now() at which the round of the file began. */
  #origin = performance.now();

  /** @throws CaptureError, or what the file system says. */
  constructor(image: CaptureImage, far: FarEnd) {
    this.#image = image;
    this.#far = far;
    this.#packets = image.input === undefined ? [] : [...readCapture(readFileSync(image.input))];
    const long = this.#packets.findIndex(({ bytes }) => bytes.length > far.longest);
    if (long >= 0) {
      const length = this.#packets[long]?.bytes.length;
      throw new RangeError(`packet ${long + 1} of ${image.input} has ${length} bytes, and frames ${far.longest}`);
    }
    this.#left = this.#packets.length === 0 ? 0 : (image.repeat ?? 1);
    // Now rather than at the end: whether it can be written.
    if (image.output !== undefined) closeSync(openSync(image.output, 'w'));
  }

  /** All packets of the input have been delivered. */
  get finished(): boolean {
    return this.#left === 0;
  }

  exchange(): boolean {
    for (let count = 0; count < BATCH && this.#left > 0; count++) {
      const packet = this.#packets[this.#next];
      if (packet === undefined || !this.#isDue(packet) || !this.#far.deliver(packet.bytes)) break;
      this.#advance();
    }
    return this.#far.ring();
  }

  sent(): void {
    const { output } = this.#image;
    const time = BigInt(Math.round((performance.timeOrigin + performance.now()) * MILLION));
    this.#far.collect((bytes) => {
      if (output !== undefined) this.#sent.push({ bytes: bytes.slice(), time });
    });
  }

  [Symbol.dispose](): void {
    const { output } = this.#image;
    if (output === undefined) return;
    writeFileSync(output, output.endsWith('.pcapng') ? writePcapng(this.#sent) : writePcap(this.#sent));
  }

  #isDue({ time }: CapturedPacket): boolean {
    const [first] = this.#packets;
    if (this.#image.timing !== 'original' || time === undefined || first?.time === undefined) return true;
    return performance.now() - this.#origin >= Number(time - first.time) / MILLION;
  }

  #advance(): void {
    this.#next++;
    if (this.#next < this.#packets.length) return;
    this.#next = 0;
    this.#left--;
    this.#origin = performance.now();
  }
}
