import type { Layer } from '../build/layer.ts';
import { type SctpFields, sctpHeader } from '../build/sctp-layer.ts';
import { type TcpFields, type TcpFlag, tcpFlags, tcpHeader } from '../build/tcp-layer.ts';
import { type UdpFields, udpHeader } from '../build/udp-layer.ts';
import { concat } from '../bytes/concat.ts';
import { takeChecksum } from './checksum-word.ts';
import { tcpOptions } from './tcp-options.ts';
import { readWords, type Words } from './words.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `tcp SPORT > DPORT [flags] …`. */
export function tcpText(words: Words): Layer {
  const fields: Writable<TcpFields> = takePorts(words, 'tcp');
  const flag = (name: TcpFlag) => () => {
    fields[name] = true;
  };
  readWords(words, 'tcp', {
    ...Object.fromEntries(tcpFlags.map((name) => [name, flag(name)])),
    sequence(rest) {
      fields.sequence = rest.takeNumber('sequence number', 32);
    },
    acknowledgement(rest) {
      fields.acknowledgement = rest.takeNumber('acknowledgement number', 32);
    },
    window(rest) {
      fields.window = rest.takeNumber('window', 16);
    },
    urgent(rest) {
      fields.urgent = rest.takeNumber('urgent pointer', 16);
    },
    'data-offset'(rest) {
      fields.dataOffset = rest.takeNumber('data offset in words of 4 bytes', 4);
    },
    options(rest) {
      fields.options = takeTcpOptions(rest);
    },
    checksum(rest) {
      fields.checksum = takeChecksum(rest);
    },
  });
  return tcpHeader(fields);
}

function takeTcpOptions(words: Words): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let word = words.peekWord() ?? ''; ; word = words.peekWord() ?? '') {
    const option = tcpOptions.find(({ name }) => name === word);
    if (!option && word !== 'hex') break;
    words.take(word);
    parts.push(option ? option.write((bits) => words.takeNumber(`value of ${word}`, bits)) : words.takeHex());
  }
  if (parts.length > 0) return concat(...parts);
  throw words.error(
    'an option is missing here',
    `options are: ${tcpOptions.map(({ name }) => name).join(' ')}, or hex`,
  );
}

/** `udp SPORT > DPORT [length N] [checksum …]`. */
export function udpText(words: Words): Layer {
  const fields: Writable<UdpFields> = takePorts(words, 'udp');
  readWords(words, 'udp', {
    length(rest) {
      fields.length = rest.takeNumber('length', 16);
    },
    checksum(rest) {
      fields.checksum = takeChecksum(rest);
    },
  });
  return udpHeader(fields);
}

/** `sctp SPORT > DPORT [tag N] [checksum N]`. */
export function sctpText(words: Words): Layer {
  const fields: Writable<SctpFields> = takePorts(words, 'sctp');
  readWords(words, 'sctp', {
    tag(rest) {
      fields.verificationTag = rest.takeNumber('verification tag', 32);
    },
    checksum(rest) {
      fields.checksum = rest.takeNumber('checksum', 32);
    },
  });
  return sctpHeader(fields);
}

function takePorts(words: Words, layer: string): { sport: number; dport: number } {
  const sport = words.takeNumber('source port', 16);
  if (!words.takeIf('>')) throw words.error("'>' is missing between the ports", `write: ${layer} 4000 > 80`);
  return { sport, dport: words.takeNumber('destination port', 16) };
}
