/** What one end of a TCP connection has sent, in order, from its first byte on (RFC 9293, section 3.4). */
export class TcpStream {
  readonly #max: number;
  /** The sequence number of the first byte; `undefined`: nothing was seen yet. */
  #start: number | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Segments behind a hole, by the distance of their first byte from the start. */
  readonly #later = new Map<number, Uint8Array>();
  #waiting = 0;

  /** `max`: bytes that are kept, and as many again of segments that came too early. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Without holes. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The number of the SYN that begins the stream; `undefined`: it was not seen. */
  get initial(): number | undefined {
    return this.#initial;
  }
  #initial: number | undefined;

  syn(sequence: number): void {
    this.#initial = sequence;
    this.#start = (sequence + 1) >>> 0;
  }

  /** `true`: there is more without holes than before. */
  add(sequence: number, payload: Uint8Array): boolean {
    if (payload.length === 0) return false;
    this.#start ??= sequence;
    // Distances are signed: what lies before the start was sent before anybody looked.
    const at = (sequence - this.#start) | 0;
    if (at + payload.length <= this.#bytes.length || at >= this.#max) return false;
    if (at > this.#bytes.length) {
      this.#keep(at, payload);
      return false;
    }
    this.#append(at, payload);
    this.#join();
    return true;
  }

  /** Bytes that are there stay: who sends them twice, in two versions, is heard once. */
  #append(at: number, payload: Uint8Array): void {
    const fresh = payload.subarray(this.#bytes.length - at, this.#max - at);
    this.#bytes = Buffer.concat([this.#bytes, fresh]);
  }

  #keep(at: number, payload: Uint8Array): void {
    if (this.#later.has(at) || this.#waiting + payload.length > this.#max) return;
    this.#waiting += payload.length;
    this.#later.set(at, Uint8Array.from(payload));
  }

  #join(): void {
    for (const [at, payload] of [...this.#later].toSorted(([a], [b]) => a - b)) {
      if (at > this.#bytes.length) return;
      this.#later.delete(at);
      this.#waiting -= payload.length;
      if (at + payload.length > this.#bytes.length) this.#append(at, payload);
    }
  }
}
