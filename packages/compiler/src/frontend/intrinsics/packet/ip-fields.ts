import { ipv4Layout, ipv6Layout } from '@twinpath/packet';
import type { Value } from '../../value.ts';
import type { Code } from '../code.ts';
import type { View } from '../view.ts';
import { ipPart, versionOf } from './datagram.ts';
import { ipField } from './field.ts';

/** An address of the datagram, as it lies in the packet. */
export function addressField(code: Code, ip: View, name: 'src' | 'dst'): Value {
  const version = versionOf(ip);
  const { fields } = version === 4 ? ipv4Layout : ipv6Layout;
  return ipField(code, ipPart(ip, 'at'), version, fields[name]);
}
