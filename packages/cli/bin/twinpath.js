#!/usr/bin/env node
// Plain JavaScript: it starts under whatever Node is there (20 or newer) and goes on with the Node 24 that npm installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = 24;

/** The source in the repository; what was built from it where the package is installed. */
const MAIN = ['../src/main.ts', '../dist/main.js'].find((file) => existsSync(new URL(file, import.meta.url)));

if (Number(process.versions.node.split('.')[0]) >= OLDEST) {
  keepCompiled();
  await import(MAIN);
} else continueWith(installedNode());

/** Compiled modules are kept where only this user writes; also for threads and processes that this one starts. */
function keepCompiled() {
  const { XDG_CACHE_HOME: cache = join(homedir(), '.cache') } = process.env;
  process.env.NODE_COMPILE_CACHE ??= join(cache, 'twinpath/node');
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** node_modules/.bin/node of this folder or of one above it. */
function installedNode() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (folder !== dirname(folder)) {
    const node = join(folder, 'node_modules/.bin/node');
    if (existsSync(node)) return node;
    folder = dirname(folder);
  }
  console.error(`twinpath needs Node ${OLDEST} or newer; this is ${process.versions.node}.`);
  console.error(`hint: npm install brings Node ${OLDEST} along, unless it is told to omit optional packages`);
  process.exit(1);
}

function continueWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  const pass = (signal) => child.kill(signal);
  const passed = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  for (const signal of passed) process.on(signal, pass);
  child.on('error', (error) => {
    console.error(`twinpath: cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (status, signal) => {
    for (const name of passed) process.off(name, pass);
    // What ended the child ends this process too, so that a shell sees the same.
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = status;
  });
}
