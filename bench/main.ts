// npm run bench -- SCENARIO [--json] [--rounds N] | all [--from SCENARIO] [--rounds N] | guard [--fixed] [--rounds N] | report | --list
import { parseArgs } from 'node:util';
import { runAll } from './all.ts';
import { guardAll, guardFixed } from './guard/guard.ts';
import { Interruption } from './interruption.ts';
import { text } from './report/text.ts';
import { REPORT, record, writeReport } from './results.ts';
import { type Scenario, scenarios } from './scenarios/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    list: { type: 'boolean' },
    fixed: { type: 'boolean' },
    from: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const [name] = positionals;
const interruption = new Interruption();
const progress = (line: string) => {
  interruption.signal.throwIfAborted();
  console.error(line);
};

try {
  if (values.list) {
    for (const { name: title, purpose } of scenarios) console.log(`${title.padEnd(16)} ${purpose}`);
  } else if (name === 'report') {
    writeReport();
    console.log(REPORT);
  } else if (name === 'guard') await guard();
  else if (name === 'all') await all(values.from ?? scenarios[0]?.name);
  else await one(named(name));
} catch (error) {
  if (error !== interruption.signal.reason) throw error;
  console.error('interrupted');
  process.exitCode = 130;
}

async function one(scenario: Scenario | undefined): Promise<void> {
  if (scenario === undefined) return;
  const result = await scenario.run({ rounds: rounds() ?? scenario.rounds, progress });
  record(result);
  writeReport();
  console.log(values.json ? JSON.stringify(result) : text(result));
  process.exitCode = result.correct ? 0 : 1;
}

async function all(from: string | undefined): Promise<void> {
  const first = named(from);
  if (first === undefined) return;
  const names = scenarios.slice(scenarios.indexOf(first)).map((scenario) => scenario.name);
  const { signal } = interruption;
  const { lines, failed } = await runAll({ scenarios: names, rounds: rounds(), signal, progress: console.error });
  for (const line of lines) console.log(line);
  const next = names[lines.length];
  if (next !== undefined) console.log(`not begun: npm run bench -- all --from ${next} goes on`);
  process.exitCode = failed === 0 && next === undefined ? 0 : 1;
}

async function guard(): Promise<void> {
  const { scenarios: compared, losses } = values.fixed
    ? await guardFixed(scenarios)
    : await guardAll(scenarios, { rounds: rounds() ?? 3, progress });
  for (const { scenario: of, what, was, is } of losses) console.log(`LOST ${of}: ${what}: ${was} before, ${is} now`);
  console.log(`${compared.join(', ')}: ${losses.length === 0 ? 'nothing lost' : `${losses.length} lost`}`);
  process.exitCode = losses.length === 0 ? 0 : 1;
}

/** Says so if there is none. */
function named(wanted: string | undefined): Scenario | undefined {
  const found = scenarios.find((scenario) => scenario.name === wanted);
  if (found !== undefined) return found;
  const wrong = wanted === undefined ? 'Which scenario?' : `There is no scenario '${wanted}'.`;
  console.error(`${wrong} npm run bench -- --list names them.`);
  process.exitCode = 2;
  return undefined;
}

function rounds(): number | undefined {
  if (values.rounds === undefined) return undefined;
  const count = Number(values.rounds);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--rounds ${values.rounds}: a number from 1 is wanted`);
  return count;
}
