import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';
import { createProgram } from '../program.ts';
import { candidates } from './candidates.ts';
import { SCRIPTS } from './scripts.ts';

const NOBODY = ['--socket', '/nowhere/twinpathd.sock'];
const words = async (...written: readonly string[]) =>
  (await candidates(createProgram(), written)).map(({ word }) => word);

test.each([
  [['st'], ['status']],
  [['re'], []],
  [['status', '--w'], ['--wait']],
  [['apply', '--con'], ['--confirm']],
  [['get', 'co'], ['config']],
  [['create', 'x', '--template', 'in'], ['in-kernel']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['completion', 'bash', ''], []],
  [['nonsense', ''], []],
  // Files: the shell's own.
  [['apply', '-f', ''], []],
  [['check', ''], []],
  // Nobody is there to ask.
  [['get', ...NOBODY, 'chain', ''], []],
  [['delete', ...NOBODY, ''], []],
])('%j is completed by %j', async (written, offered) => {
  expect(await words(...written)).toEqual(offered);
});

test('all commands are offered, with what they do', async () => {
  const found = await candidates(createProgram(), ['']);
  expect(found.map(({ word }) => word)).toEqual(createProgram().commands.map((command) => command.name()));
  expect(found.every(({ does }) => does !== '')).toBe(true);
});

test('a shell asks the command itself, and is given a script for each shell', async () => {
  const { stdout, status } = await twinpath(['__complete', 'hist']);
  expect({ stdout, status }).toEqual({
    stdout: 'history\tWhat was changed, when and by whom; the last first.\n',
    status: 0,
  });
  expect((await twinpath(['completion', 'fish'])).stdout).toBe(SCRIPTS.fish);
});

test('bash offers what the command says', () => {
  const asked = `twinpath() { printf '%s\\t%s\\n' "status" "how it is" "$3" x; }
${SCRIPTS.bash}
COMP_WORDS=(twinpath get 'a b'); COMP_CWORD=2; _twinpath; printf '%s|' "\${COMPREPLY[@]}"`;
  expect(execFileSync('bash', ['-c', asked], { encoding: 'utf8' })).toBe('status|a b|');
});

const present = (shell: string) => spawnSync(shell, ['--version']).error === undefined;
test.skipIf(!present('zsh'))('zsh takes its script', () => {
  expect(spawnSync('zsh', ['-n'], { input: SCRIPTS.zsh, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
test.skipIf(!present('fish'))('fish takes its script', () => {
  expect(spawnSync('fish', ['-n'], { input: SCRIPTS.fish, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
