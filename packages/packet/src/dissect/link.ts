import { vlanTagTypes } from '../address/ether-type.ts';
import { getU16 } from '../bytes/big-endian.ts';
import { ethernetLayout, vlanLayout } from '../layout/headers.ts';

/** Up to two tags are read; further ones, and one that is cut off, show as the type. */
export const MAX_VLAN_TAGS = 2;

export interface Link {
  /** 0 to 2; the tag number n begins at byte 14 + 4n. */
  readonly tags: number;
  /** Behind the tags that were read. */
  readonly type: number;
  /** Where the next header begins. */
  readonly end: number;
}

/** Where a frame's parts lie. `undefined`: shorter than an Ethernet header. */
export function locateLink(bytes: Uint8Array): Link | undefined {
  let end = ethernetLayout.size;
  if (bytes.length < end) return undefined;
  let type = getU16(bytes, end - 2);
  let tags = 0;
  while (tags < MAX_VLAN_TAGS && isTagType(type) && bytes.length >= end + vlanLayout.size) {
    end += vlanLayout.size;
    type = getU16(bytes, end - 2);
    tags += 1;
  }
  return { tags, type, end };
}

function isTagType(type: number): boolean {
  return type === vlanTagTypes.customer || type === vlanTagTypes.service;
}
