import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start } from '../fixtures/twinpath.ts';

const MAIN = `import { drop, next, vnf } from '@twinpath/vnf';
import { isLong } from './long.ts';
export default vnf({ name: 'watched', fastPath: (packet) => (isLong(packet.length) ? drop : next) });
`;
const long = (body: string) => `export const isLong = (n: number) => ${body};\n`;

test('a change of any file of the function is checked, also behind errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-watch-'));
  const helper = join(folder, 'long.ts');
  writeFileSync(join(folder, 'watched.vnf.ts'), MAIN);
  writeFileSync(helper, long('n > 1000'));
  const { child, ended, saying } = start(['check', 'watched.vnf.ts', '--watch', '--json'], { cwd: folder });
  try {
    await saying(/Waiting for a change of watched\.vnf\.ts, long\.ts/);
    writeFileSync(helper, long('n >'));
    await saying(/long\.ts:1:\d+ - error TP1001[\s\S]*Waiting/);
    // As editors do it.
    writeFileSync(`${helper}.new`, long('n > 999'));
    renameSync(`${helper}.new`, helper);
    await saying(/error TP1001[\s\S]*Waiting[\s\S]*Waiting/);
  } finally {
    child.kill('SIGINT');
    const { stdout } = await ended;
    rmSync(folder, { recursive: true });
    const oks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).ok);
    expect(oks).toEqual([true, false, true]);
  }
});
