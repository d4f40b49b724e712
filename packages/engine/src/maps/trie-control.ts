// Changes of tries. They are rare and on Node's side, or a program's call through JavaScript; lookups are WebAssembly.

import type { LinearMemory } from '../memory/linear-memory.ts';
import { ERRNO, UPDATE } from './errno.ts';
import { HEADER, type MapShape, NODE, NODE_STATE, nodeValue, wordsOf } from './shape.ts';

interface Found {
  /** Address of the word that links to the node. */
  readonly link: number;
  /** The node where the way ends, or 0. */
  readonly node: number;
  /** Bits of its prefix that the key shares. */
  readonly shared: number;
  /** The link to, and the address of, the node above; 0: there is none. */
  readonly parentLink: number;
  readonly parent: number;
}

export class TrieControl {
  readonly #memory: LinearMemory;
  readonly #base: number;
  readonly #shape: MapShape;
  readonly #bits: number;
  readonly #words: number;

  constructor(memory: LinearMemory, base: number, shape: MapShape) {
    this.#memory = memory;
    this.#base = base;
    this.#shape = shape;
    this.#bits = 8 * (shape.keySize - 4);
    this.#words = wordsOf(shape);
  }

  /** Key and value by address. 0 or minus an errno. */
  update(key: number, value: number, flags: number): number {
    return this.#memory.locked(this.#base + HEADER.lock, () => this.#update(key, value, flags));
  }

  delete(key: number): number {
    return this.#memory.locked(this.#base + HEADER.lock, () => this.#delete(key));
  }

  /** Entries as [address of the node, length of its prefix]. */
  *nodes(): Generator<readonly [node: number, length: number]> {
    const waiting = [this.#memory.getU32(this.#base + HEADER.root)];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node === 0) continue;
      waiting.push(this.#memory.getU32(node + NODE.child1), this.#memory.getU32(node + NODE.child0));
      if (this.#memory.getU32(node + NODE.state) === NODE_STATE.value) yield [node, this.#length(node)];
    }
  }

  /** The key of a node as programs write it. */
  keyOf(node: number): Uint8Array {
    const key = new Uint8Array(this.#shape.keySize);
    const view = new DataView(key.buffer);
    view.setUint32(0, this.#length(node), true);
    for (let byte = 4; byte < key.length; byte++) {
      const half = this.#half(node, (byte - 4) >> 2);
      key[byte] = half >>> (24 - 8 * ((byte - 4) & 3));
    }
    return key;
  }

  #update(keyAddress: number, value: number, flags: number): number {
    const length = this.#memory.getU32(keyAddress);
    if (length > this.#bits || flags > UPDATE.exist) return -ERRNO.EINVAL;
    const prefix = this.#prefix(keyAddress);
    const found = this.#find(prefix, length);
    const { node, link, shared } = found;
    const same = node !== 0 && this.#length(node) === shared && shared === length;
    const exists = same && this.#memory.getU32(node + NODE.state) === NODE_STATE.value;
    if (exists && flags === UPDATE.noExist) return -ERRNO.EEXIST;
    if (!exists && flags === UPDATE.exist) return -ERRNO.ENOENT;
    const count = this.#memory.getU32(this.#base + HEADER.count);
    if (!exists && count >= this.#memory.getU32(this.#base + HEADER.maxEntries)) return -ERRNO.ENOSPC;
    if (!exists) this.#memory.setU32(this.#base + HEADER.count, count + 1);
    const fresh = this.#make(length, NODE_STATE.value, prefix);
    this.#memory.bytes.copyWithin(fresh + nodeValue(this.#shape), value, value + this.#shape.valueSize);
    if (same) {
      for (const child of [NODE.child0, NODE.child1])
        this.#memory.setU32(fresh + child, this.#memory.getU32(node + child));
      this.#memory.setU32(link, fresh);
      this.#free(node);
    } else this.#place(fresh, prefix, length, found);
    return 0;
  }

  #place(fresh: number, prefix: readonly number[], length: number, { node, link, shared }: Found): void {
    if (node === 0) this.#memory.setU32(link, fresh);
    else if (shared === length) {
      this.#setChild(fresh, this.#nodeBit(node, shared), node);
      this.#memory.setU32(link, fresh);
    } else {
      const branch = this.#make(shared, NODE_STATE.branch, prefix);
      const bit = bitOf(prefix, shared);
      this.#setChild(branch, bit, fresh);
      this.#setChild(branch, 1 - bit, node);
      this.#memory.setU32(link, branch);
    }
  }

  #delete(keyAddress: number): number {
    const length = this.#memory.getU32(keyAddress);
    if (length > this.#bits) return -ERRNO.EINVAL;
    const { node, link, shared, parent, parentLink } = this.#find(this.#prefix(keyAddress), length);
    const { getU32, setU32 } = this.#access();
    if (node === 0 || shared !== length || this.#length(node) !== length) return -ERRNO.ENOENT;
    if (getU32(node + NODE.state) !== NODE_STATE.value) return -ERRNO.ENOENT;
    setU32(this.#base + HEADER.count, getU32(this.#base + HEADER.count) - 1);
    const [left, right] = [getU32(node + NODE.child0), getU32(node + NODE.child1)];
    if (left !== 0 && right !== 0) {
      setU32(node + NODE.state, NODE_STATE.branch);
      return 0;
    }
    const isLeaf = left === 0 && right === 0;
    if (isLeaf && parent !== 0 && getU32(parent + NODE.state) === NODE_STATE.branch) {
      // A branch with one child is no branch.
      const sibling = link === parent + NODE.child0 ? NODE.child1 : NODE.child0;
      setU32(parentLink, getU32(parent + sibling));
      this.#free(parent);
    } else setU32(link, left === 0 ? right : left);
    this.#free(node);
    return 0;
  }

  #find(prefix: readonly number[], length: number): Found {
    let [link, node, parentLink, parent] = [this.#base + HEADER.root, 0, 0, 0];
    for (;;) {
      node = this.#memory.getU32(link);
      if (node === 0) return { link, node, shared: 0, parentLink, parent };
      const own = this.#length(node);
      const shared = Math.min(own, length, this.#common(node, prefix));
      if (own !== shared || own === length) return { link, node, shared, parentLink, parent };
      [parentLink, parent] = [link, node];
      link = node + 4 * bitOf(prefix, own);
    }
  }

  #access() {
    const memory = this.#memory;
    return {
      getU32: (address: number) => memory.getU32(address),
      setU32: (address: number, value: number) => memory.setU32(address, value),
    };
  }

  #make(length: number, state: number, prefix: readonly number[]): number {
    const { getU32, setU32 } = this.#access();
    const node = getU32(this.#base + HEADER.freeFirst);
    // The state of a free node is the address of the next one.
    setU32(this.#base + HEADER.freeFirst, getU32(node + NODE.state));
    for (const [index, half] of prefix.entries()) setU32(node + halfOffset(index), half);
    setU32(node + NODE.child0, 0);
    setU32(node + NODE.child1, 0);
    setU32(node + NODE.length, length);
    setU32(node + NODE.state, state);
    return node;
  }

  #free(node: number): void {
    const { getU32, setU32 } = this.#access();
    setU32(node + NODE.state, 0);
    setU32(getU32(this.#base + HEADER.freeLast) + NODE.state, node);
    setU32(this.#base + HEADER.freeLast, node);
  }

  #setChild(node: number, bit: number, child: number): void {
    this.#memory.setU32(node + NODE.child0 + 4 * bit, child);
  }

  #length(node: number): number {
    return this.#memory.getU32(node + NODE.length);
  }

  #half(node: number, index: number): number {
    return this.#memory.getU32(node + halfOffset(index));
  }

  #nodeBit(node: number, bit: number): number {
    return (this.#half(node, bit >> 5) >>> (31 - (bit & 31))) & 1;
  }

  #common(node: number, prefix: readonly number[]): number {
    for (const [index, half] of prefix.entries()) {
      const difference = this.#half(node, index) ^ half;
      if (difference !== 0) return 32 * index + Math.clz32(difference);
    }
    return 64 * this.#words;
  }

  /** All bits of a key as numbers of 32 bits, first bit highest. As in the kernel those behind the prefix are kept. */
  #prefix(keyAddress: number): readonly number[] {
    const data = this.#memory.read(keyAddress + 4, this.#shape.keySize - 4);
    return Array.from({ length: 2 * this.#words }, (_, index) => {
      let half = 0;
      for (let byte = 0; byte < 4; byte++) half = (half << 8) | (data[4 * index + byte] ?? 0);
      return half >>> 0;
    });
  }
}

/** Nodes hold 64-bit numbers, little endian: the first half of each has the higher address. */
const halfOffset = (index: number): number => NODE.words + 4 * (index ^ 1);

const bitOf = (prefix: readonly number[], bit: number): number => ((prefix[bit >> 5] ?? 0) >>> (31 - (bit & 31))) & 1;
