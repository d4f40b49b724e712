import { ip4ToNumber } from '../address/ip4.ts';
import type { ChecksumChoice } from '../build/chosen-checksum.ts';
import { icmpHeader, neighbourMessage } from '../build/icmp-layer.ts';
import { encodeLayers, type Layer, rawBytes } from '../build/layer.ts';
import { icmpTypeName, icmpTypeNumber, icmpTypes } from '../dissect/icmp-type.ts';
import type { Ip6, Mac } from '../types/values.ts';
import { takeChecksum } from './checksum-word.ts';
import { takeIp6 } from './extension-text.ts';
import { icmpCodes } from './icmp-codes.ts';
import { takeMac } from './link-text.ts';
import { readWords, type Words } from './words.ts';

interface Message {
  code?: number;
  rest?: number;
  identifier?: number;
  sequence?: number;
  checksum?: ChecksumChoice;
  quoted?: Uint8Array;
}

/** Bytes of a whole error message without its headers: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 (c). */
const MAX_QUOTED = { 4: 576 - 28, 6: 1280 - 48 };

/** `icmp TYPE …` and `icmp6 TYPE …`. `readLayers` reads a packet in parentheses, from its IP header on. */
export function icmpText(
  words: Words,
  version: 4 | 6,
  readLayers: (words: Words) => readonly Layer[],
): readonly Layer[] {
  const type = takeType(words, version);
  const name = icmpTypeName(version, type);
  const hasTarget = words.peekWord()?.includes(':') ?? false;
  if (hasTarget && (name === 'neighbour-solicitation' || name === 'neighbour-advertisement')) {
    return [neighbourText(words, name, takeIp6(words))];
  }
  const message: Message = {};
  readWords(words, version === 4 ? 'icmp' : 'icmp6', messageWords(message, version, type, readLayers));
  const { quoted, ...fields } = message;
  return [icmpHeader({ version, type, ...fields }), ...(quoted ? [rawBytes(quoted)] : [])];
}

function takeType(words: Words, version: 4 | 6): number {
  if (/^[0-9]/.test(words.peekWord() ?? '')) return words.takeNumber('message type', 8);
  const { text } = words.take('the type of the message');
  const type = icmpTypeNumber(version, text);
  if (type !== undefined) return type;
  throw words.errorBefore(
    `'${text}' is no message of ${version === 4 ? 'ICMP' : 'ICMPv6'}`,
    `types are: ${Object.keys(icmpTypes[version]).join(' ')}, or a number`,
  );
}

function messageWords(message: Message, version: 4 | 6, type: number, readLayers: (words: Words) => readonly Layer[]) {
  return {
    code(words: Words) {
      message.code = takeCode(words, version, type);
    },
    id(words: Words) {
      message.identifier = words.takeNumber('identifier', 16);
    },
    sequence(words: Words) {
      message.sequence = words.takeNumber('sequence number', 16);
    },
    mtu(words: Words) {
      message.rest = words.takeNumber('MTU', 32);
      if (version === 4) message.code ??= 4; // RFC 1191 section 4: fragmentation needed
    },
    pointer(words: Words) {
      const pointer = words.takeNumber('pointer', version === 4 ? 8 : 32);
      message.rest = version === 4 ? pointer * 0x100_0000 : pointer;
    },
    gateway(words: Words) {
      message.rest = words.takeAs('gateway', ip4ToNumber);
    },
    rest(words: Words) {
      message.rest = words.takeNumber('value of the 4 bytes behind the checksum', 32);
    },
    checksum(words: Words) {
      message.checksum = takeChecksum(words);
    },
    about(words: Words) {
      words.take("'('", '(');
      message.quoted = encodeLayers(readLayers(words)).subarray(0, MAX_QUOTED[version]);
      words.take("')'", ')');
    },
  };
}

function takeCode(words: Words, version: 4 | 6, type: number): number {
  if (/^[0-9]/.test(words.peekWord() ?? '')) return words.takeNumber('code', 8);
  const { text } = words.take('the code');
  const codes = icmpCodes(version, type);
  const code = codes.indexOf(text);
  if (code !== -1 && text !== '') return code;
  throw words.errorBefore(
    `'${text}' is no code of this message`,
    `codes are: ${codes.filter(Boolean).join(' ')}, or a number`,
  );
}

const flagBits = { router: 0x8000_0000, solicited: 0x4000_0000, override: 0x2000_0000 };

function neighbourText(words: Words, type: 'neighbour-solicitation' | 'neighbour-advertisement', target: Ip6): Layer {
  const fields: { flags: number; mac?: Mac; checksum?: ChecksumChoice } = { flags: 0 };
  const flag = (bit: number) => () => {
    fields.flags = (fields.flags | bit) >>> 0;
  };
  readWords(words, `icmp6 ${type}`, {
    ...Object.fromEntries(Object.entries(flagBits).map(([name, bit]) => [name, flag(bit)])),
    mac(rest) {
      fields.mac = takeMac(rest);
    },
    checksum(rest) {
      fields.checksum = takeChecksum(rest);
    },
  });
  return neighbourMessage({ type, target, ...fields });
}
