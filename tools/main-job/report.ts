import { styleText } from 'node:util';
import { tableText } from '@twinpath/cli';
import type { Expectation } from './expectations.ts';
import type { MainJobRun } from './watch.ts';

export function reportText({ result, statistics }: MainJobRun): string {
  const { where, hook, seconds, expectations, functions, leftovers } = result;
  const verdicts = statistics.functions.flatMap(({ name, verdicts: of }) =>
    Object.entries(of).flatMap(([verdict, packets]) => (packets === 0 ? [] : [[name, verdict, packets] as const])),
  );
  const rows = functions.map(({ name, packets, fastPath, slowPath, dropped, nsPerPacket }) => [
    name,
    packets,
    fastPath,
    slowPath,
    dropped,
    nsPerPacket,
  ]);
  const failed = expectations.filter(({ holds }) => !holds).length;
  const left = leftovers.map((one) => `\n  ${one}`).join('');
  return [
    tableText(['requests', 'sent', 'served', 'expected', 'seen', ''], expectations.filter(isCase).map(caseRow)),
    tableText(['other expectations', 'expected', 'seen', ''], expectations.filter((one) => !isCase(one)).map(otherRow)),
    tableText(['function', 'verdict', 'packets'], verdicts),
    tableText(['function', 'packets', `in the ${where}`, 'slow path', 'dropped', 'ns/packet'], rows),
    `In the ${where}: ${hook}, ${seconds} s. Left behind: ${left === '' ? 'nothing' : left}.`,
    failed === 0
      ? styleText('green', `All ${expectations.length} expectations hold.`)
      : styleText('red', `${failed} of ${expectations.length} expectations do not hold.`),
  ].join('\n\n');
}

const isCase = ({ requests }: Expectation): boolean => requests !== undefined;

function caseRow({ name, expected, seen, holds, requests = 0, served = 0 }: Expectation) {
  return [name, requests, served, expected, seen, mark(holds)];
}

function otherRow({ name, expected, seen, holds }: Expectation) {
  return [name, expected, seen, mark(holds)];
}

const mark = (holds: boolean): string => (holds ? styleText('green', 'holds') : styleText('red', 'DOES NOT HOLD'));
