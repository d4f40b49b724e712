// Assignment to header fields. Checksums follow.
import { ethernetLayout, type FieldPlace, ipv4Layout, ipv6Layout, tcpLayout } from '@twinpath/packet';
import type { Path } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code } from '../code.ts';
import type { Call, Setter } from '../members.ts';
import { storePieces } from '../memory/piece.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { isBesideView, placeOfField, type TagField } from '../packet/vlan.ts';
import { part } from '../view.ts';
import { writeBeside } from './beside.ts';
import { coverHeader, coverTransport } from './covering.ts';
import { forget } from './forget.ts';
import { type PortName, writePort } from './ports.ts';
import { addressPieces, numberFor, storeAddress, storeNumber } from './store.ts';

const setter =
  (write: (code: Code, call: Call, value: Value) => readonly Code[]): Setter =>
  (call, value): readonly Path[] => {
    const ends = write(new Code(call.lowering, call.path), call, value);
    return call.lowering.joinPaths(ends.map(({ path }) => forget(path)));
  };

const macSetter = (name: 'src' | 'dst'): Setter =>
  setter((code, { receiver, site }, value) => {
    const { at, bits } = ethernetLayout.fields[name];
    storePieces(code, part(receiver, 'start'), at, bits / 8, addressPieces(code, 'mac', value, site));
    return [code];
  });

export const ethernetSetters = { src: macSetter('src'), dst: macSetter('dst') };

const tagSetter = (name: TagField): Setter =>
  setter((code, { receiver, site }, value) => {
    const place = placeOfField(receiver, name);
    const number = numberFor(code, place.bits, value, site);
    if (isBesideView(receiver)) return [writeBeside(code, name, number)];
    storeNumber(code, part(receiver, 'start'), place, number);
    return [code];
  });

export const vlanSetters = { id: tagSetter('id'), priority: tagSetter('priority') };

const addressSetter = (name: 'src' | 'dst'): Setter =>
  setter((code, { receiver, site }, value) => {
    const version = versionOf(receiver);
    const place = version === 4 ? ipv4Layout.fields[name] : ipv6Layout.fields[name];
    const pieces = addressPieces(code, version === 4 ? 'ip4' : 'ip6', value, site);
    return coverHeader(code, receiver, { [name]: storeAddress(code, ipPart(receiver, 'at'), place, pieces) }, site);
  });

const headerSetter = (name: 'hops' | 'trafficClass'): Setter =>
  setter((code, { receiver, site }, value) => {
    const place = versionOf(receiver) === 4 ? ipv4Layout.fields[name] : ipv6Layout.fields[name];
    const number = numberFor(code, place.bits, value, site);
    return coverHeader(code, receiver, { fields: [storeNumber(code, ipPart(receiver, 'at'), place, number)] }, site);
  });

const flowLabel: Setter = setter((code, { receiver, lowering, site }, value) => {
  if (versionOf(receiver) === 4) return lowering.fail(site, 'TP3011', 'flowLabel', 'IPv4 header');
  const place = ipv6Layout.fields.flowLabel;
  const number = numberFor(code, place.bits, value, site);
  return coverHeader(code, receiver, { fields: [storeNumber(code, ipPart(receiver, 'at'), place, number)] }, site);
});

export const ipSetters = {
  src: addressSetter('src'),
  dst: addressSetter('dst'),
  hops: headerSetter('hops'),
  trafficClass: headerSetter('trafficClass'),
  flowLabel,
};

const portSetter = (name: PortName): Setter =>
  setter((code, { receiver, site }, value) => writePort(code, receiver, name, numberFor(code, 16, value, site), site));

export const portsSetters = { sport: portSetter('sport'), dport: portSetter('dport') };

const tcpSetter = (place: FieldPlace): Setter =>
  setter((code, { receiver, site }, value) => {
    const number = numberFor(code, place.bits, value, site);
    return [coverTransport(code, receiver, 'tcp', [storeNumber(code, part(receiver, 'at'), place, number)], site)];
  });

const { sequence, acknowledgement, window } = tcpLayout.fields;
export const tcpSetters = {
  ...portsSetters,
  sequence: tcpSetter(sequence),
  acknowledgement: tcpSetter(acknowledgement),
  window: tcpSetter(window),
};
