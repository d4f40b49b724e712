import { decodeLineInfo, readBtf } from '@twinpath/ebpf/btf';
import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from '../ir/builder.ts';
import { compileProgram } from './compile.ts';
import { CodeGenerationError } from './error.ts';

const at = (line: number) => ({ file: 'fw.vnf.ts', line, column: 5 });

function located(hook: 'xdp' | 'tcx-egress') {
  const b = new ProgramBuilder('where am I', hook);
  b.at = at(2);
  const time = b.call(b.entry, 'ktime_get_ns', []);
  b.at = at(3);
  const [then, otherwise] = [b.block(), b.block()];
  b.terminate(b.entry, {
    op: 'branch',
    condition: b.compare(b.entry, 'ugt', time, b.constant(b.entry, 5n)),
    then,
    otherwise,
  });
  b.at = at(4);
  b.terminate(then, { op: 'return', value: b.constant(then, 1n) });
  b.at = at(5);
  b.terminate(otherwise, { op: 'return', value: b.constant(otherwise, 2n) });
  return b.finish();
}

describe('compileProgram', () => {
  it('knows the author’s place for every slot', () => {
    const { locations, spec, statistics } = compileProgram(located('xdp'));
    expect(locations).toHaveLength(spec.code.length / 8);
    expect(statistics.instructions).toBe(locations.length);
    expect(locations.map((location) => location?.line)).toEqual([2, 3, 4, 4, 5, 5]);
  });

  it('gives the kernel the lines with their text', () => {
    const sources = new Map([['fw.vnf.ts', 'a\n  const t = now;\n  if (t > 5n)\n    return drop;\n  return next;\n']]);
    const { spec } = compileProgram(located('xdp'), { sources });
    expect(spec.btf).toBeDefined();
    if (spec.btf === undefined) return;
    const lines = decodeLineInfo(spec.btf.lines, readBtf(spec.btf.types));
    expect(lines.map(({ slot, line, text }) => `${slot}: ${line} ${text}`)).toEqual([
      '0: 2 const t = now;',
      '1: 3 if (t > 5n)',
      '2: 4 return drop;',
      '4: 5 return next;',
    ]);
  });

  it('says what the program is for', () => {
    expect(compileProgram(located('xdp')).spec).toMatchObject({ type: 'xdp', attach: 'xdp', license: 'Dual MIT/GPL' });
    expect(compileProgram(located('tcx-egress')).spec).toMatchObject({ type: 'sched-cls', attach: 'tcx-egress' });
  });

  it('refers to maps by name', () => {
    const b = new ProgramBuilder('maps', 'xdp');
    const key = b.stack(b.entry, b.slot(4, 'key'));
    b.store(b.entry, key, 0, 32, b.constant(b.entry, 0n));
    const out = b.mapValue(b.entry, 'globals', 24);
    b.store(b.entry, out, 0, 64, b.call(b.entry, 'map_delete_elem', [b.map(b.entry, 'flows'), key]));
    b.terminate(b.entry, { op: 'return', value: b.constant(b.entry, 2n) });
    const { spec, listing } = compileProgram(b.finish());
    expect(spec.relocations).toEqual([
      expect.objectContaining({ map: 'globals', kind: 'map-value', valueOffset: 24 }),
      expect.objectContaining({ map: 'flows', kind: 'map' }),
    ]);
    expect(listing()).toContain('map[flows]');
  });

  it('names the largest slots when the stack is too small', () => {
    const b = new ProgramBuilder('hungry', 'xdp');
    const slots = [200, 300, 8, 100].map((size) => b.stack(b.entry, b.slot(size, `buffer of ${size}`)));
    for (const slot of slots) b.store(b.entry, slot, 0, 64, b.call(b.entry, 'ktime_get_ns', []));
    const sum = slots.map((slot) => b.load(b.entry, slot, 0, 64)).reduce((a, c) => b.alu(b.entry, 'add', a, c));
    b.terminate(b.entry, { op: 'return', value: sum });
    const compile = () => compileProgram(b.finish(), { optimise: false });
    expect(compile).toThrow(CodeGenerationError);
    expect(compile).toThrow('the largest are buffer of 300 (300), buffer of 200 (200), buffer of 100 (100)');
  });

  it('leaves a pass out when told so', () => {
    const b = new ProgramBuilder('twice', 'xdp');
    const out = b.mapValue(b.entry, 'globals', 0);
    const sum = b.alu(b.entry, 'add', b.load(b.entry, out, 0, 64), b.load(b.entry, out, 0, 64));
    b.terminate(b.entry, { op: 'return', value: sum });
    const loads = (passes: Record<string, boolean>) =>
      compileProgram(b.finish(), { passes })
        .listing()
        .match(/= \*\(u64/g)?.length;
    expect(loads({})).toBe(1);
    expect(loads({ 'forward-loads': false })).toBe(2);
  });
});
