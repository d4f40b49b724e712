import type { Metric, Result } from './result.ts';

/** A result for people: a line for each contender and metric. */
export function report(result: Result): string {
  const { scenario, machine, rounds, correct, contenders, ratios, targets } = result;
  const lines = [
    `${scenario}: ${rounds} rounds, ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}`,
    correct ? '' : 'WRONG RESULTS: figures of the contenders that were wrong are left out',
  ];
  for (const { name, metrics, skipped } of contenders) {
    if (skipped !== undefined) lines.push(`${name}  skipped: ${skipped}`);
    for (const [label, metric] of Object.entries(metrics))
      lines.push(`${name.padEnd(36)} ${label.padEnd(14)} ${figure(metric)}`);
  }
  for (const { name, median, min, max } of ratios)
    lines.push(`ratio ${name}  ${round(median)} [${round(min)} – ${round(max)}]`);
  for (const { name, value, bar, better, holds } of targets) {
    lines.push(
      `${holds ? 'holds ' : 'MISSED'} ${name}: ${round(value)}, ${better === 'lower' ? 'at most' : 'at least'} ${bar}`,
    );
  }
  return lines.filter((line) => line !== '').join('\n');
}

const figure = ({ median, min, max, unit }: Metric) => `${round(median)} ${unit}  [${round(min)} – ${round(max)}]`;

const round = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
