// The C twin of a program, compiled in every way that a C author may try: processor versions, keys stored by field or by
// word, the verdict counted once or at each end.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramSpec } from '@twinpath/ebpf';
import { readObject } from './read-object.ts';

export interface Clang {
  readonly command: string;
  /** `Debian clang version 22.1.8 (…)`. */
  readonly version: string;
}

export interface Twin {
  /** Such as `words, at each end, -mcpu=v3`. */
  readonly options: string;
  readonly keys: 'fields' | 'words';
  readonly spec: ProgramSpec;
}

/** Newest first; the plain name last. */
const CANDIDATES = ['clang-23', 'clang-22', 'clang-21', 'clang-20', 'clang-19', 'clang'];
const PROCESSORS = ['v1', 'v2', 'v3', 'v4'] as const;
const KEYS = ['fields', 'words'] as const;
const ENDS = [
  ['at each end', []],
  ['at one end', ['-DONE_END']],
] as const;

/** `undefined`: there is none. */
export function findClang(): Clang | undefined {
  for (const command of CANDIDATES) {
    try {
      const version = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return { command, version: version.split('\n')[0] ?? command };
    } catch {
      // Not installed.
    }
  }
  return undefined;
}

/** All that are different. `constants`: macros. */
export function compileC(clang: Clang, name: string, constants: Readonly<Record<string, string>>): readonly Twin[] {
  const source = fileURLToPath(new URL(`${name}.bpf.c`, import.meta.url));
  const hasKeys = /KEY_WORDS|flow4\.h/.test(readFileSync(source, 'utf8'));
  const macros = Object.entries(constants).map(([macro, value]) => `-D${macro}=${value}`);
  const folder = mkdtempSync(join(tmpdir(), 'tp-bench-'));
  const twins = new Map<string, Twin>();
  try {
    for (const keys of hasKeys ? KEYS : KEYS.slice(0, 1)) {
      for (const [end, endMacros] of ENDS) {
        for (const processor of PROCESSORS) {
          const output = join(folder, 'twin.o');
          const chosen = [`-mcpu=${processor}`, ...endMacros, ...(keys === 'words' ? ['-DKEY_WORDS'] : []), ...macros];
          const always = ['-O2', '-g0', '-Wall', '-Werror', '-fno-strict-aliasing', '--target=bpf', ...systemHeaders()];
          execFileSync(clang.command, [...always, ...chosen, '-c', source, '-o', output], { stdio: 'pipe' });
          const options = [...(hasKeys ? [keys] : []), end, `-mcpu=${processor}`].join(', ');
          const spec = readObject(
            new Uint8Array(readFileSync(output)),
            `c_${basename(name)}`.replaceAll('-', '_').slice(0, 15),
          );
          const same = Buffer.from(spec.code).toString('base64');
          if (!twins.has(same)) twins.set(same, { options, keys, spec });
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return [...twins.values()];
}

/** The program for a hook in one C file, in the way that gives most of ours their fastest twin. @throws Error when there is no clang */
export function compileOnce(
  source: URL,
  kind: 'xdp' | 'tc',
  constants: Readonly<Record<string, number>> = {},
): ProgramSpec {
  const clang = findClang();
  if (clang === undefined) throw new Error('there is no clang');
  const folder = mkdtempSync(join(tmpdir(), 'tp-bench-'));
  const output = join(folder, 'program.o');
  const macros = Object.entries(constants).map(([macro, value]) => `-D${macro}=${value}`);
  const always = ['-O2', '-g0', '-fno-strict-aliasing', '--target=bpf', '-mcpu=v3', ...systemHeaders()];
  try {
    execFileSync(clang.command, [...always, ...macros, '-c', fileURLToPath(source), '-o', output], { stdio: 'pipe' });
    return readObject(new Uint8Array(readFileSync(output)), `c_${kind}`, kind);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Debian keeps asm/types.h in a folder that clang knows only when it compiles for this machine. */
export function systemHeaders(): readonly string[] {
  const triplets: Partial<Record<NodeJS.Architecture, string>> = {
    x64: 'x86_64-linux-gnu',
    arm64: 'aarch64-linux-gnu',
  };
  const triplet = triplets[process.arch];
  return triplet === undefined ? [] : [`-I/usr/include/${triplet}`];
}
