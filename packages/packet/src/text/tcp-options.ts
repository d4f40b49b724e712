import { getU8, getU16, getU32, setU16, setU32 } from '../bytes/big-endian.ts';

/** An option that has words of its own. */
interface TcpOption {
  readonly name: string;
  readonly kind: number;
  /** Bytes of the whole option. */
  readonly size: number;
  /** `take` gives the next value, of so many bits. */
  write(take: (bits: number) => number): Uint8Array;
  /** The values of the option at `at`. */
  read(bytes: Uint8Array, at: number): readonly number[];
}

const none = () => [];

/** RFC 9293 section 3.1, RFC 7323, RFC 2018. */
export const tcpOptions: readonly TcpOption[] = [
  { name: 'end', kind: 0, size: 1, write: () => Uint8Array.of(0), read: none },
  { name: 'nop', kind: 1, size: 1, write: () => Uint8Array.of(1), read: none },
  {
    name: 'mss',
    kind: 2,
    size: 4,
    write(take) {
      const option = Uint8Array.of(2, 4, 0, 0);
      setU16(option, 2, take(16));
      return option;
    },
    read: (bytes, at) => [getU16(bytes, at + 2)],
  },
  {
    name: 'window-scale',
    kind: 3,
    size: 3,
    write: (take) => Uint8Array.of(3, 3, take(8)),
    read: (bytes, at) => [getU8(bytes, at + 2)],
  },
  { name: 'sack-permitted', kind: 4, size: 2, write: () => Uint8Array.of(4, 2), read: none },
  {
    name: 'timestamps',
    kind: 8,
    size: 10,
    write(take) {
      const option = Uint8Array.of(8, 10, 0, 0, 0, 0, 0, 0, 0, 0);
      setU32(option, 2, take(32));
      setU32(option, 6, take(32));
      return option;
    },
    read: (bytes, at) => [getU32(bytes, at + 2), getU32(bytes, at + 6)],
  },
];
