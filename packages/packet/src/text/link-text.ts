import { etherTypeName, etherTypeNumberOf, vlanTagTypes } from '../address/ether-type.ts';
import { canonicalIp, isIp4 } from '../address/ip.ts';
import { canonicalMac } from '../address/mac.ts';
import { arpHeader } from '../build/arp-layer.ts';
import { type EthernetFields, ethernetHeader, type VlanFields, vlanTag } from '../build/ethernet-layer.ts';
import type { Layer } from '../build/layer.ts';
import type { EtherType, Ip4, Mac } from '../types/values.ts';
import { readWords, type Words } from './words.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `eth [SRC > DST] [type T]`. */
export function ethText(words: Words): Layer {
  const fields: Writable<EthernetFields> = {};
  if (words.peekWord()?.includes(':')) {
    fields.src = takeMac(words);
    if (!words.takeIf('>'))
      throw words.error("'>' is missing between the addresses", 'write: eth 02:00:00:00:00:01 > 02:…');
    fields.dst = takeMac(words);
  }
  readWords(words, 'eth', {
    type(rest) {
      fields.type = takeEtherType(rest);
    },
  });
  return ethernetHeader(fields);
}

/** `vlan ID [priority P] [dei] [tag T] [type T]`. The outer one of two has the tag type of 802.1ad. */
export function vlanText(words: Words): Layer {
  const fields: Writable<VlanFields> = { id: words.takeNumber('VLAN identifier', 12) };
  if (words.peekLayer() === 'vlan') fields.tagType = vlanTagTypes.service;
  readWords(words, 'vlan', {
    priority(rest) {
      fields.priority = rest.takeNumber('priority', 3);
    },
    dei() {
      fields.dropEligible = true;
    },
    tag(rest) {
      fields.tagType = rest.takeNumber('tag type, such as 0x8100', 16);
    },
    type(rest) {
      fields.type = takeEtherType(rest);
    },
  });
  return vlanTag(fields);
}

/** `arp who-has TARGET tell SENDER` or `arp SENDER is-at MAC tell TARGET`; `from MAC`, `to MAC`. */
export function arpText(words: Words): Layer {
  if (words.takeIf('who-has')) {
    const targetIp = takeIp4(words);
    if (!words.takeIf('tell')) throw words.error("'tell' is missing here", 'write: arp who-has 10.0.0.1 tell 10.0.0.2');
    return arpHeader({ operation: 'request', senderIp: takeIp4(words), targetIp, ...arpMacs(words) });
  }
  const senderIp = takeIp4(words);
  if (!words.takeIf('is-at')) throw words.error("'is-at' is missing here", ARP_REPLY);
  const senderMac = takeMac(words);
  if (!words.takeIf('tell')) throw words.error("'tell' is missing here", ARP_REPLY);
  return arpHeader({ operation: 'reply', senderIp, targetIp: takeIp4(words), ...arpMacs(words, senderMac) });
}

const ARP_REPLY = 'write: arp 10.0.0.1 is-at 02:00:00:00:00:01 tell 10.0.0.2';

function arpMacs(words: Words, senderMac?: Mac): { senderMac?: Mac | undefined; targetMac?: Mac | undefined } {
  const macs: { senderMac?: Mac | undefined; targetMac?: Mac | undefined } = { senderMac };
  readWords(words, 'arp', {
    from(rest) {
      macs.senderMac = takeMac(rest);
    },
    to(rest) {
      macs.targetMac = takeMac(rest);
    },
  });
  return macs;
}

export function takeMac(words: Words): Mac {
  return words.takeAs('a MAC address', canonicalMac);
}

function takeIp4(words: Words): Ip4 {
  const address = words.takeAs('an IPv4 address', canonicalIp);
  if (isIp4(address)) return address;
  throw words.errorBefore(
    `'${address}' is no IPv4 address`,
    'ARP is for IPv4; write icmp6 neighbour-solicitation for IPv6',
  );
}

function takeEtherType(words: Words): EtherType {
  if (/^[0-9]/.test(words.peekWord() ?? '')) return words.takeNumber('Ethernet type', 16);
  return words.takeAs('Ethernet type', (text) => etherTypeName(etherTypeNumberOf(text)));
}
