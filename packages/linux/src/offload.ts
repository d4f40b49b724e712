import { ethtool } from './ethtool.ts';
import { NativeBuffer } from './native-buffer.ts';

/** ETHTOOL_G… and ETHTOOL_S… commands, include/uapi/linux/ethtool.h. */
const commands = {
  'rx-checksum': { get: 0x14, set: 0x15 },
  'tx-checksum': { get: 0x16, set: 0x17 },
  'scatter-gather': { get: 0x18, set: 0x19 },
  tso: { get: 0x1e, set: 0x1f },
  gso: { get: 0x23, set: 0x24 },
  gro: { get: 0x2b, set: 0x2c },
  /** Flags of one word: ETH_FLAG_RXVLAN, ETH_FLAG_TXVLAN. */
  'rx-vlan': { get: 0x25, set: 0x26, flag: 1 << 8 },
  'tx-vlan': { get: 0x25, set: 0x26, flag: 1 << 7 },
} as const satisfies Readonly<Record<string, Command>>;

interface Command {
  readonly get: number;
  readonly set: number;
  readonly flag?: number;
}

/** Work that the stack leaves to the interface. A veth leaves checksums unfinished unless `tx-checksum` is off. `rx-vlan`: VLAN tags are
 *  taken out of what is received, before XDP. `tx-vlan`: they go beside what is sent, also to the other end of a veth. */
export type Offload = keyof typeof commands;

/** Whether `offload` is on for interface `name` of this thread's namespace. */
export function getOffload(name: string, offload: Offload): boolean {
  const { get, flag = -1 }: Command = commands[offload];
  return (transact(name, get, 0, `getting ${offload} of interface ${name}`) & flag) !== 0;
}

/** Turns `offload` on or off for interface `name` of this thread's namespace. */
export function setOffload(name: string, offload: Offload, on: boolean): void {
  const { get, set, flag }: Command = commands[offload];
  const subject = `setting ${offload} of interface ${name}`;
  const others = flag === undefined ? 0 : transact(name, get, 0, subject) & ~flag;
  transact(name, set, others | (on ? (flag ?? 1) : 0), subject);
}

/** struct ethtool_value { u32 command; u32 data }. */
function transact(name: string, command: number, data: number, subject: string): number {
  const value = new NativeBuffer(8).setU32(0, command).setU32(4, data);
  ethtool(name, value, subject);
  return value.getU32(4);
}
