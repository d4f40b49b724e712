import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readBtf } from './read.ts';
import type { BtfMember, BtfType } from './type.ts';
import { writeBtf } from './write.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const reason = existsSync(VMLINUX)
  ? ''
  : ` (skipped: the kernel was built without CONFIG_DEBUG_INFO_BTF, no ${VMLINUX})`;
const bpftool = spawnSync('bpftool', ['version']).status === 0 ? '' : ' (skipped: bpftool is not installed)';

describe.skipIf(reason !== '')(`the kernel's own BTF${reason}`, () => {
  const btf = reason === '' ? readBtf(readFileSync(VMLINUX)) : readBtf(writeBtf([]));

  test('has struct xdp_md with the members that programs read', () => {
    const type = btf.type(btf.find('struct', 'xdp_md') ?? 0);
    expect(type).toMatchObject({ kind: 'struct', name: 'xdp_md', size: 24 });
    const members: readonly BtfMember[] = 'members' in type ? type.members : [];
    expect(members.map(({ name, bitOffset }) => [name, bitOffset / 8])).toEqual([
      ['data', 0],
      ['data_end', 4],
      ['data_meta', 8],
      ['ingress_ifindex', 12],
      ['rx_queue_index', 16],
      ['egress_ifindex', 20],
    ]);
  });

  test('has one struct task_struct, and keeps functions apart from types of that name', () => {
    expect(btf.named('task_struct').filter((id) => btf.type(id).kind === 'struct').length).toBe(1);
    expect(btf.find('func', 'task_struct')).toBeUndefined();
    expect(btf.find('struct', 'no_such_struct')).toBeUndefined();
  });

  test('is the same when written and read again', () => {
    const types = [...btf.types()];
    const again = [...readBtf(writeBtf(types)).types()].map((type) => JSON.stringify(type, big));
    expect(again.length).toBe(types.length);
    expect(types.filter((type, index) => JSON.stringify(type, big) !== again[index])).toEqual([]);
  });

  test.skipIf(bpftool !== '')(`reads as bpftool reads it, every type${bpftool}`, () => {
    const dump = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', VMLINUX, 'format', 'raw'], {
      maxBuffer: 2 ** 28,
    });
    const { types }: { types: { id: number }[] } = JSON.parse(dump.toString(), small);
    expect(types.length).toBe(btf.length - 1);
    const ours = types.map(({ id }) => {
      const { kind, ...rest } = asBpftool(btf.type(id));
      return JSON.stringify({ id, kind: kind.toUpperCase(), ...rest });
    });
    expect(types.map((type) => JSON.stringify(type)).filter((theirs, index) => theirs !== ours[index])).toEqual([]);
  });
});

/** Older bpftools sign-extend unsigned 32-bit enumerators, and JSON has no 64-bit integers. */
function small(key: string, value: unknown): unknown {
  return key === 'val' && typeof value === 'number' && Math.abs(value) >= 2 ** 31 ? 'large' : value;
}

function big(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

const named = (name: string) => (name === '' ? '(anon)' : name);

/** The type with bpftool's field names in bpftool's order. */
function asBpftool(type: BtfType): { kind: string; name: string } {
  const { kind } = type;
  const name = 'name' in type ? named(type.name) : '(anon)';
  switch (type.kind) {
    case 'int': {
      const encoding = type.encoding === 'unsigned' ? '(none)' : type.encoding.toUpperCase();
      return record({ kind, name, size: type.size, bits_offset: type.bitOffset, nr_bits: type.bits, encoding });
    }
    case 'array':
      return record({ kind, name, type_id: type.element, index_type_id: type.index, nr_elems: type.count });
    case 'struct':
    case 'union':
      return record({ kind, name, size: type.size, vlen: type.members.length, members: type.members.map(member) });
    case 'enum':
    case 'enum64': {
      const values = type.values.map(({ name, value }) => ({ name, val: small('val', Number(value)) }));
      const encoding = type.signed ? 'SIGNED' : 'UNSIGNED';
      return record({ kind, name, encoding, size: type.size, vlen: values.length, values });
    }
    case 'fwd':
      return record({ kind, name, fwd_kind: type.of });
    case 'func':
      return record({ kind, name, type_id: type.proto, linkage: type.linkage });
    case 'func_proto': {
      const params = type.params.map((param) => ({ name: named(param.name), type_id: param.type }));
      return record({ kind, name, ret_type_id: type.returns, vlen: params.length, params });
    }
    case 'var':
      return record({ kind, name, type_id: type.type, linkage: type.linkage });
    case 'datasec': {
      const vars = type.entries.map((entry) => ({ type_id: entry.type, offset: entry.offset, size: entry.size }));
      return record({ kind, name, size: type.size, vlen: vars.length, vars });
    }
    case 'float':
      return record({ kind, name, size: type.size });
    case 'decl_tag':
      return record({ kind, name, type_id: type.type, component_idx: type.component });
    default:
      return record({ kind, name, type_id: type.type });
  }
}

/** Lets an object literal have more properties than the comparison reads. */
function record<T extends { kind: string; name: string }>(fields: T): T {
  return fields;
}

function member({ name, type, bitOffset, bitSize }: BtfMember) {
  return {
    name: named(name),
    type_id: type,
    bits_offset: bitOffset,
    ...(bitSize === undefined ? {} : { bitfield_size: bitSize }),
  };
}
