// npm run bench -- SCENARIO [--json] [--rounds N] | --list
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { scenarios } from './scenarios/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, list: { type: 'boolean' }, rounds: { type: 'string' } },
});
const [name] = positionals;
const scenario = scenarios.find((candidate) => candidate.name === name);

if (values.list) {
  for (const { name: title, purpose } of scenarios) console.log(`${title.padEnd(16)} ${purpose}`);
} else if (scenario === undefined) {
  console.error(
    `${name === undefined ? 'Which scenario?' : `There is no scenario '${name}'.`} npm run bench -- --list names them.`,
  );
  process.exitCode = 2;
} else {
  const rounds = Number(values.rounds ?? scenario.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds ${values.rounds}: a number from 1 is wanted`);
  const result = await scenario.run({ rounds, progress: (text) => console.error(text) });
  const folder = fileURLToPath(new URL('results', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${result.scenario}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(values.json ? JSON.stringify(result) : report(result));
  process.exitCode = result.correct ? 0 : 1;
}
