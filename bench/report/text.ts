import type { Result } from '../result.ts';
import { bound, figure, round } from './chart.ts';

/** A result for a terminal: a line for each contender and metric. */
export function text(result: Result): string {
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
      `${holds ? 'holds ' : 'MISSED'} ${name}: ${round(value)}, ${better === 'lower' ? 'at most' : 'at least'} ${bound(bar)}`,
    );
  }
  return lines.filter((line) => line !== '').join('\n');
}
