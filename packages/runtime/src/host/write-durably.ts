import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file for this user alone, whole or not at all, and on the disk when this returns. */
export function writeDurably(file: string, parts: readonly Uint8Array[]): void {
  const draft = `${file}.new`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o600);
  try {
    for (const part of chunks(parts)) writeAll(fd, part);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
}

/** Fewer, larger writes. */
function* chunks(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (let at = 0; at < parts.length; at += 8192) yield Buffer.concat(parts.slice(at, at + 8192));
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
