import { canonicalIp, isIp4 } from '../address/ip.ts';
import { protocolName, protocolNumberOf } from '../address/protocol.ts';
import { type IpFields, ipHeader } from '../build/ip-layer.ts';
import type { Layer } from '../build/layer.ts';
import { concat } from '../bytes/concat.ts';
import type { Ip, Protocol } from '../types/values.ts';
import { takeChecksum } from './checksum-word.ts';
import { readWords, type Words } from './words.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the layers behind need to know. */
export interface IpText {
  readonly layer: Layer;
  readonly version: 4 | 6;
  readonly saysProtocol: boolean;
}

/** `ip SRC > DST` and what may follow. */
export function ipText(words: Words): IpText {
  const src = words.takeAs('the source address', canonicalIp);
  if (!words.takeIf('>')) throw words.error("'>' is missing between the addresses", 'write: ip 10.0.0.1 > 10.0.0.2');
  const dst = takeDst(words, src);
  const fields: Writable<IpFields> = { src, dst };
  const version = isIp4(src) ? 4 : 6;
  readWords(words, `ip (IPv${version})`, {
    ...bothWords(fields),
    ...(version === 4 ? words4(fields) : words6(fields)),
  });
  return { layer: ipHeader(fields), version, saysProtocol: fields.protocol !== undefined };
}

function takeDst(words: Words, src: Ip): Ip {
  const dst = words.takeAs('the destination address', canonicalIp);
  if (isIp4(src) === isIp4(dst)) return dst;
  throw words.errorBefore(`'${src}' and '${dst}' differ in family`, 'a packet has addresses of one family');
}

function bothWords(fields: Writable<IpFields>) {
  return {
    hops(words: Words) {
      fields.hops = words.takeNumber('number of hops', 8);
    },
    class(words: Words) {
      fields.trafficClass = words.takeNumber('traffic class', 8);
    },
    protocol(words: Words) {
      fields.protocol = takeProtocol(words);
    },
    length(words: Words) {
      fields.length = words.takeNumber('length of the datagram', 17);
    },
    version(words: Words) {
      fields.version = words.takeNumber('version', 4);
    },
  };
}

function words4(fields: Writable<IpFields>) {
  return {
    id(words: Words) {
      fields.identification = words.takeNumber('identification', 16);
    },
    df() {
      fields.dontFragment = true;
    },
    fragment(words: Words) {
      if (!words.takeIf('offset'))
        throw words.error("'offset' is missing behind 'fragment'", 'write: fragment offset 0 more');
      fields.fragmentOffset = words.takeNumber('offset in units of 8 bytes', 13);
    },
    more() {
      fields.moreFragments = true;
    },
    options(words: Words) {
      fields.options = takeIpOptions(words);
    },
    ihl(words: Words) {
      fields.headerLength = words.takeNumber('header length in words of 4 bytes', 4);
    },
    checksum(words: Words) {
      fields.checksum = takeChecksum(words);
    },
  };
}

function words6(fields: Writable<IpFields>) {
  return {
    flow(words: Words) {
      fields.flowLabel = words.takeNumber('flow label', 20);
    },
    fragment(words: Words) {
      throw words.errorBefore(
        'fragments of IPv6 have a header of their own',
        'write: / ext fragment offset 0 more id 7 /',
      );
    },
  };
}

/** A name, or a number. */
export function takeProtocol(words: Words): Protocol {
  const word = words.peekWord() ?? '';
  if (/^[0-9]/.test(word)) return words.takeNumber('protocol', 8);
  return words.takeAs('protocol', (text) => protocolName(protocolNumberOf(text)));
}

/** RFC 791 section 3.1, RFC 2113. */
const optionBytes = new Map([
  ['end', [0]],
  ['nop', [1]],
  ['router-alert', [148, 4, 0, 0]],
]);

function takeIpOptions(words: Words): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let word = words.peekWord() ?? ''; word === 'hex' || optionBytes.has(word); word = words.peekWord() ?? '') {
    words.take(word);
    parts.push(word === 'hex' ? words.takeHex() : Uint8Array.from(optionBytes.get(word) ?? []));
  }
  if (parts.length > 0) return concat(...parts);
  throw words.error(
    'an option is missing here',
    `options are: ${[...optionBytes.keys()].join(' ')}, or hex and their bytes`,
  );
}
