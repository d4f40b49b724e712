import { frontShape } from '@twinpath/compiler/abi';
import type { MapPlan } from '@twinpath/vnf/plan';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';

/** What a program's lookup finds now, by a key as slots have it: in a trie the longest prefix of all its bits. */
export function finder(maps: InstanceMaps, map: MapPlan): (key: Uint8Array) => Uint8Array | undefined {
  const store = maps.store(map.name);
  const { keyOffset, keySize } = frontShape(map);
  if (!(store instanceof ExactTrie)) return (key) => store.lookup(key);
  const whole = new Uint8Array(keyOffset + keySize);
  new DataView(whole.buffer).setUint32(0, 8 * keySize, true);
  return (key) => {
    whole.set(key, keyOffset);
    return store.match(whole);
  };
}
