// npm run bench -- SCENARIO [--json] [--rounds N] | guard [--fixed] [--rounds N] | report | --list
import { parseArgs } from 'node:util';
import { guardAll, guardFixed } from './guard/guard.ts';
import { text } from './report/text.ts';
import { REPORT, record, writeReport } from './results.ts';
import { scenarios } from './scenarios/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    list: { type: 'boolean' },
    fixed: { type: 'boolean' },
    rounds: { type: 'string' },
  },
});
const [name] = positionals;
const scenario = scenarios.find((candidate) => candidate.name === name);

if (values.list) {
  for (const { name: title, purpose } of scenarios) console.log(`${title.padEnd(16)} ${purpose}`);
} else if (name === 'report') {
  writeReport();
  console.log(REPORT);
} else if (name === 'guard') {
  const { scenarios: compared, losses } = values.fixed
    ? await guardFixed(scenarios)
    : await guardAll(scenarios, options(3));
  for (const { scenario: of, what, was, is } of losses) console.log(`LOST ${of}: ${what}: ${was} before, ${is} now`);
  console.log(`${compared.join(', ')}: ${losses.length === 0 ? 'nothing lost' : `${losses.length} lost`}`);
  process.exitCode = losses.length === 0 ? 0 : 1;
} else if (scenario === undefined) {
  const wrong = name === undefined ? 'Which scenario?' : `There is no scenario '${name}'.`;
  console.error(`${wrong} npm run bench -- --list names them.`);
  process.exitCode = 2;
} else {
  const result = await scenario.run(options(scenario.rounds));
  record(result);
  writeReport();
  console.log(values.json ? JSON.stringify(result) : text(result));
  process.exitCode = result.correct ? 0 : 1;
}

function options(otherwise: number) {
  const rounds = Number(values.rounds ?? otherwise);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds ${values.rounds}: a number from 1 is wanted`);
  return { rounds, progress: (line: string) => console.error(line) };
}
