import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Loads the entry of a worker, and says what that has loaded. */
const PROGRAM = `
import { registerHooks } from 'node:module';
import { MessageChannel } from 'node:worker_threads';
const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    const [, own] = url.match(/[/]packages[/]([^/]+[/]src[/].+)[.]ts$/) ?? [];
    const [, foreign] = url.match(/[/]node_modules[/]((?:@[^/]+[/])?[^/]+)[/]/) ?? [];
    loaded.add(own ?? foreign ?? '');
    return nextLoad(url, context);
  },
});
await import(process.argv[1]);
console.log(JSON.stringify([...loaded]));
process.exit();
`;

function loadedBy(entry: string): readonly string[] {
  const file = new URL(entry, import.meta.url).href;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, file], { encoding: 'utf8' });
  return JSON.parse(said);
}

test('an instance in a worker is there without compiler, parser and engine', () => {
  const loaded = loadedBy('./worker-instances.ts');
  expect(loaded).toContain('runtime/src/instance/instance');
  const parts = new Set(loaded.flatMap((name) => /^(\w+)\/src\//.exec(name)?.[1] ?? []));
  expect(parts).toEqual(new Set(['runtime', 'linux', 'ebpf', 'vnf', 'packet', 'classifier', 'compiler']));
  const ofCompiler = loaded.filter((name) => name.startsWith('compiler/'));
  const allowed =
    /^compiler\/src\/(run|abi|evaluate\/(maps\/|map-store|memory|fault)|plan-maps)|\/(artefact-error|compile-error|diagnostic-text|part)$/;
  expect(ofCompiler.filter((name) => !allowed.test(name))).toEqual([]);
  expect(loaded.filter((name) => !name.includes('/src/') && name !== '')).toEqual(
    expect.not.arrayContaining(['typescript']),
  );
});
