import { etherTypeNumbers } from '../address/ether-type.ts';
import { writeIp4 } from '../address/ip4.ts';
import { writeMac } from '../address/mac.ts';
import { concat } from '../bytes/concat.ts';
import { headerBytes } from '../layout/field.ts';
import { arpLayout } from '../layout/headers.ts';
import type { Ip4, Mac, u16 } from '../types/values.ts';
import type { Layer } from './layer.ts';

export interface ArpFields {
  readonly operation: 'request' | 'reply' | u16;
  /** Default: the source of the Ethernet header. */
  readonly senderMac?: Mac | undefined;
  readonly senderIp: Ip4;
  /** Default: zero in a request, else the destination of the Ethernet header. */
  readonly targetMac?: Mac | undefined;
  readonly targetIp: Ip4;
}

const NOBODY = '00:00:00:00:00:00';
const { fields } = arpLayout;
const head = {
  size: arpLayout.size,
  fields: {
    hardwareType: fields.hardwareType,
    protocolType: fields.protocolType,
    hardwareLength: fields.hardwareLength,
    protocolLength: fields.protocolLength,
    operation: fields.operation,
  },
};

export function arpHeader({ operation, senderMac, senderIp, targetMac, targetIp }: ArpFields): Layer {
  const isRequest = operation === 'request' || operation === 1;
  return {
    etherType: etherTypeNumbers.arp,
    ...(isRequest && { groupMac: 'ff:ff:ff:ff:ff:ff' }),
    encode(behind, { macs }) {
      const header = headerBytes(head, {
        hardwareType: 1,
        protocolType: etherTypeNumbers.ipv4,
        hardwareLength: 6,
        protocolLength: 4,
        operation: operationNumber(operation),
      });
      writeMac(senderMac ?? macs?.src ?? NOBODY, header, fields.senderMac.at);
      writeIp4(senderIp, header, fields.senderIp.at);
      writeMac(targetMac ?? (isRequest ? NOBODY : (macs?.dst ?? NOBODY)), header, fields.targetMac.at);
      writeIp4(targetIp, header, fields.targetIp.at);
      return concat(header, behind);
    },
  };
}

function operationNumber(operation: ArpFields['operation']): number {
  if (operation === 'request') return 1;
  return operation === 'reply' ? 2 : operation;
}
