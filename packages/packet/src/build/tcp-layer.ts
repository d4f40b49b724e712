import { protocolNumbers } from '../address/protocol.ts';
import { setU16 } from '../bytes/big-endian.ts';
import { concat } from '../bytes/concat.ts';
import { headerBytes } from '../layout/field.ts';
import { tcpLayout } from '../layout/headers.ts';
import type { u8, u16, u32 } from '../types/values.ts';
import { type ChecksumChoice, chosenChecksum, pseudoSum } from './chosen-checksum.ts';
import type { Layer } from './layer.ts';

export const tcpFlags = ['syn', 'ack', 'fin', 'rst', 'psh', 'urg', 'ece', 'cwr'] as const;
export type TcpFlag = (typeof tcpFlags)[number];

export type TcpFields = { readonly [F in TcpFlag]?: boolean } & {
  readonly sport: u16;
  readonly dport: u16;
  readonly sequence?: u32;
  readonly acknowledgement?: u32;
  /** Default 65535. */
  readonly window?: u16;
  readonly urgent?: u16;
  /** Filled up to whole words with zeros (end of options). */
  readonly options?: Uint8Array;
  /** Words of 4 bytes; default: as it is. */
  readonly dataOffset?: u8;
  readonly checksum?: ChecksumChoice;
};

export function tcpHeader(fields: TcpFields): Layer {
  return {
    protocol: protocolNumbers.tcp,
    encode(behind, { addresses }) {
      const options = fields.options ?? new Uint8Array();
      const filled = concat(options, new Uint8Array((4 - (options.length % 4)) % 4));
      const flags = Object.fromEntries(tcpFlags.map((flag) => [flag, Number(fields[flag] ?? false)]));
      const header = headerBytes(tcpLayout, {
        ...flags,
        sport: fields.sport,
        dport: fields.dport,
        sequence: fields.sequence ?? 0,
        acknowledgement: fields.acknowledgement ?? 0,
        dataOffset: fields.dataOffset ?? (tcpLayout.size + filled.length) / 4,
        window: fields.window ?? 0xffff,
        urgent: fields.urgent ?? 0,
      });
      const whole = concat(header, filled, behind);
      const pseudo = pseudoSum(addresses, protocolNumbers.tcp, whole.length);
      setU16(whole, tcpLayout.fields.checksum.at, chosenChecksum(fields.checksum, whole, pseudo));
      return whole;
    },
  };
}
