import { ethernetHeader } from '../build/ethernet-layer.ts';
import { MIN_FRAME, padded } from '../build/frame.ts';
import { encodeLayers, type Layer, rawBytes } from '../build/layer.ts';
import { concat } from '../bytes/concat.ts';
import { extensionText } from './extension-text.ts';
import { icmpText } from './icmp-text.ts';
import { type IpText, ipText } from './ip-text.ts';
import { arpText, ethText, vlanText } from './link-text.ts';
import { PacketTextError } from './packet-text-error.ts';
import { sctpText, tcpText, udpText } from './transport-text.ts';
import { Words } from './words.ts';

/** Layers from the outside in, separated by ` / `; what is not said is filled in so that the packet is right:
 *  `'vlan 5 / ip 10.0.0.1 > 10.0.0.2 hops 1 / tcp 4000 > 80 syn / "payload"'`, `'ip fd00::1 > fd00::2 / udp 5 > 53 / hex 0102'`.
 *  The words of each layer are in the package's README. */
export type PacketText = string;

/** The bytes of a text form: a frame, padded to 60 bytes. @throws PacketTextError, with the place in the text. */
export function packetFromText(text: PacketText): Uint8Array {
  const words = new Words(text);
  const packet = readPacket(words);
  if (!words.isAtEnd) throw words.error('a layer cannot begin here', "layers are separated by ' / '");
  try {
    const bytes = concat(encodeLayers(linked(packet)), packet.trailer);
    return padded(bytes, packet.minimum).slice(0, packet.cut);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new PacketTextError(
      text,
      { at: 0, end: text.length },
      cause.message,
      'a header cannot say this; give less payload',
    );
  }
}

interface PacketParts {
  readonly layers: Layer[];
  /** The IP header read last. */
  ip: IpText | undefined;
  /** Bytes alone, of no layer: the frame itself. */
  isRaw: boolean;
  trailer: Uint8Array;
  minimum: number;
  cut: number | undefined;
}

/** An Ethernet header goes without saying. */
function linked({ layers, isRaw }: PacketParts): readonly Layer[] {
  return isRaw || layers[0]?.macs ? layers : [ethernetHeader({}), ...layers];
}

function readPacket(words: Words): PacketParts {
  const parts: PacketParts = {
    layers: [],
    ip: undefined,
    isRaw: true,
    trailer: new Uint8Array(),
    minimum: MIN_FRAME,
    cut: undefined,
  };
  do readLayer(words, parts);
  while (words.takeIf('/', '/'));
  if (parts.isRaw) parts.minimum = 0;
  return parts;
}

const payloadWords = new Set(['hex', 'zeros']);

function readLayer(words: Words, parts: PacketParts): void {
  const token = words.peek();
  if (token?.kind === 'string') {
    parts.layers.push(rawBytes(new TextEncoder().encode(words.take('payload', 'string').text)));
    return;
  }
  const { text: name } = words.take('a layer');
  const read = layers.get(name);
  if (!read)
    throw words.errorBefore(`there is no layer '${name}'`, `layers are: ${[...layers.keys()].join(' ')} or a string`);
  read(words, parts);
  if (!payloadWords.has(name)) parts.isRaw = false;
}

const layers = new Map<string, (words: Words, parts: PacketParts) => void>([
  ['eth', only(ethText)],
  ['vlan', only(vlanText)],
  ['arp', only(arpText)],
  [
    'ip',
    (words, parts) => {
      parts.ip = ipText(words);
      parts.layers.push(parts.ip.layer);
    },
  ],
  ['ext', only(extensionText)],
  ['tcp', only(tcpText)],
  ['udp', only(udpText)],
  ['sctp', only(sctpText)],
  ['icmp', icmp(4)],
  ['icmp6', icmp(6)],
  ['hex', only((words) => rawBytes(words.takeAllHex()))],
  ['zeros', only((words) => rawBytes(new Uint8Array(words.takeNumber('number of bytes', 16))))],
  [
    'trailer',
    (words, parts) => {
      words.takeIf('hex');
      parts.trailer = words.takeAllHex();
    },
  ],
  [
    'unpadded',
    (_words, parts) => {
      parts.minimum = 0;
    },
  ],
  [
    'cut',
    (words, parts) => {
      parts.cut = words.takeNumber('number of bytes that are left', 16);
    },
  ],
]);

function only(read: (words: Words) => Layer) {
  return (words: Words, parts: PacketParts) => {
    parts.layers.push(read(words));
  };
}

function icmp(version: 4 | 6) {
  return (words: Words, parts: PacketParts) => {
    const { ip } = parts;
    if (ip && ip.version !== version && !ip.saysProtocol) {
      const right = ip.version === 4 ? 'icmp' : 'icmp6';
      throw words.errorBefore(
        `this is not the ICMP of IPv${ip.version}`,
        `write ${right}, or say the protocol behind ip`,
      );
    }
    parts.layers.push(...icmpText(words, version, (quoted) => readPacket(quoted).layers));
  };
}
