// The layouts against a C compiler's, for eBPF. Needs clang with the bpf target.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isType, type KeyShape, type Shape } from '../types/type.ts';
import type { TypeSpec } from '../types/type-spec.ts';
import { anySample } from './arbitrary-shape.ts';
import { layoutOf } from './layout.ts';

const SHAPES = 40;

it.skipIf(spawnSync('clang', ['--version']).error !== undefined)('places fields where clang does', () => {
  const shapes = fc.sample(anySample(), { numRuns: SHAPES, seed: 1 }).map(({ shape }) => shape);
  const layouts = shapes.map((shape) => layoutOf(shape));
  const ours = layouts.flatMap(({ size, fields }) => [size, ...fields.map(({ offset }) => offset)]);
  expect(offsetsByClang(shapes)).toEqual(ours);
});

/** For each shape its size and the offset of every field, as a table of u32 in the object file. */
function offsetsByClang(shapes: readonly Shape[]): number[] {
  const structs = shapes.map((shape, index) => `struct s${index} ${members(shape)};`);
  const numbers = shapes.flatMap((shape, index) => [
    `sizeof(struct s${index})`,
    ...layoutOf(shape).fields.map(({ path }) => `__builtin_offsetof(struct s${index}, ${path.join('.')})`),
  ]);
  const source = `${structs.join('\n')}\nconst unsigned int offsets[] = {\n${numbers.join(',\n')}\n};\n`;
  const folder = mkdtempSync(join(tmpdir(), 'tp-layout-'));
  try {
    writeFileSync(join(folder, 'offsets.c'), source);
    execFileSync('clang', ['-target', 'bpf', '-c', 'offsets.c', '-o', 'offsets.o'], { cwd: folder });
    execFileSync('llvm-objcopy', ['-O', 'binary', '--only-section=.rodata', 'offsets.o', 'offsets.bin'], {
      cwd: folder,
    });
    const bytes = readFileSync(join(folder, 'offsets.bin'));
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(4 * index));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function members(shape: KeyShape): string {
  const lines = Object.entries(shape).map(([name, part]) =>
    isType(part) ? `${cType(part)} ${name}${cArray(part)};` : `struct ${members(part)} ${name};`,
  );
  return `{ ${lines.join(' ')} }`;
}

function cType({ kind, size }: TypeSpec): string {
  if (kind === 'traffic') return 'struct { unsigned long long packets, bytes; }';
  if (kind === 'ip' || kind === 'ip6') return 'unsigned int';
  if (kind === 'mac') return 'unsigned short';
  if (kind === 'text') return 'char';
  const bySize: Readonly<Record<number, string>> = { 1: 'unsigned char', 2: 'unsigned short', 4: 'unsigned int' };
  return bySize[size] ?? 'unsigned long long';
}

function cArray({ kind, size }: TypeSpec): string {
  if (kind === 'ip' || kind === 'ip6') return '[4]'; // as struct in6_addr
  if (kind === 'mac') return '[3]';
  return kind === 'text' ? `[${size}]` : '';
}
