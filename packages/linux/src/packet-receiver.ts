import { sys } from './ffi.ts';
import { keepAlive, NativeBuffer } from './native-buffer.ts';

const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
const ETH_P_8021Q = 0x8100;
/** Room for one GSO packet. */
const frameLimit = 66_000;
const macAddresses = 12;

/** Receives frames with the VLAN tag where it was on the wire; the kernel takes it out before a packet socket sees it. */
export class PacketReceiver {
  readonly #frame = new NativeBuffer(frameLimit);
  readonly #control = new NativeBuffer(64);
  readonly #vector = new NativeBuffer(16).setPointer(0, this.#frame).setU64(8, frameLimit);
  readonly #header = new NativeBuffer(56).setPointer(16, this.#vector).setU64(24, 1).setPointer(32, this.#control);

  /** A copy of the frame, or minus the errno. */
  receive(fd: number): Uint8Array | number {
    this.#header.setU64(40, this.#control.size);
    const length = sys.recvmsg(fd, this.#header.bytes, 0);
    keepAlive(this);
    if (length < 0) return length;
    const tag = this.#vlanTag();
    return tag === undefined ? this.#frame.bytes.slice(0, length) : this.#withTag(length, tag);
  }

  #withTag(length: number, tag: { tpid: number; tci: number }): Uint8Array {
    const frame = new Uint8Array(length + 4);
    frame.set(this.#frame.bytes.subarray(0, macAddresses));
    new DataView(frame.buffer).setUint32(macAddresses, ((tag.tpid << 16) | tag.tci) >>> 0);
    frame.set(this.#frame.bytes.subarray(macAddresses, length), macAddresses + 4);
    return frame;
  }

  /** struct tpacket_auxdata { u32 status, len, snaplen; u16 mac, net, vlan_tci, vlan_tpid } behind a cmsghdr of 16 bytes. */
  #vlanTag(): { tpid: number; tci: number } | undefined {
    const control = this.#control;
    const filled = Number(this.#header.getU64(40)) >= 16 + 20;
    if (!filled || control.getU32(8) !== SOL_PACKET || control.getU32(12) !== PACKET_AUXDATA) return undefined;
    const status = control.getU32(16);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return undefined;
    const tpid = (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : control.view.getUint16(34, true);
    return { tpid, tci: control.view.getUint16(32, true) };
  }
}
