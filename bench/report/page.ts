// All results as one page: a chart for each metric, ratios and targets as tables.
import type { Contender, Metric, Result } from '../result.ts';
import { type Bar, bound, chart, escapeHtml, round } from './chart.ts';

const STYLE = `
:root { color-scheme: light dark; --ours: #0a7d5a; --other: #9aa4b2; --line: #33415580; --bad: #b42318; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
svg { max-width: 100%; height: auto; display: block; }
svg text { font-size: 12px; dominant-baseline: middle; fill: currentColor; }
svg .label { text-anchor: end; }
.ours { fill: var(--ours); } .other { fill: var(--other); }
.spread { stroke: currentColor; fill: none; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.missed { color: var(--bad); font-weight: 600; }
code { font-size: 13px; }
@media (prefers-color-scheme: dark) { :root { --ours: #35c795; --other: #5b6675; --line: #94a3b880; --bad: #ff8a80; } }
`;

export function page(results: readonly Result[]): string {
  const links = results.map(({ scenario }) => `<a href="#${scenario}">${scenario}</a>`).join(' · ');
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Twinpath: measured</title>',
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    '<h1>Twinpath: measured</h1>',
    `<p>Bars are medians over rounds in which all contenders took turns; lines reach from the smallest to the largest.</p>`,
    `<p>${links}</p>`,
    ...results.map(section),
    '</body></html>',
    '',
  ].join('\n');
}

function section({ scenario, machine, command, rounds, correct, contenders, ratios, targets }: Result): string {
  const { cpu, cores, kernel, node } = machine;
  return [
    `<h2 id="${scenario}">${scenario}</h2>`,
    `<p><code>${escapeHtml(command)}</code><br>${rounds} rounds, ${escapeHtml(cpu)}, ${cores} cores, Linux ${escapeHtml(kernel)}, Node ${node}</p>`,
    correct ? '' : '<p class="missed">A contender’s output was wrong; its figures are left out.</p>',
    targets.length === 0 ? '' : table(['target', 'measured', 'bar', ''], targets.map(targetRow)),
    ...[...byMetric(contenders)].map(([metric, bars]) => `<h3>${escapeHtml(metric)}</h3>\n${chart(metric, bars)}`),
    ratios.length === 0
      ? ''
      : `<details><summary>${ratios.length} ratios</summary>${table(['ratio', 'median', 'spread'], ratios.map(ratioRow))}</details>`,
    skipped(contenders),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** One chart for each metric, so that bars of one chart have one unit. */
function byMetric(contenders: readonly Contender[]): ReadonlyMap<string, readonly Bar[]> {
  const charts = new Map<string, Bar[]>();
  for (const { name, metrics } of contenders) {
    for (const [label, metric] of Object.entries(metrics)) {
      const title = titleOf(label, metric);
      const bars = charts.get(title) ?? [];
      bars.push({ label: name, metric, isOurs: /twinpath|\bours\b|^engine/i.test(name) });
      charts.set(title, bars);
    }
  }
  return charts;
}

const titleOf = (label: string, { unit }: Metric) =>
  unit === '' || label.includes(unit) ? label : `${label}, ${unit}`;

const targetRow = ({ name, value, bar, better, holds }: Result['targets'][number]) => [
  escapeHtml(name),
  number(round(value)),
  number(`${better === 'lower' ? '≤' : '≥'} ${bound(bar)}`),
  holds ? '<td>holds</td>' : '<td class="missed">missed</td>',
];

const ratioRow = ({ name, median, min, max }: Result['ratios'][number]) => [
  escapeHtml(name),
  number(round(median)),
  number(`${round(min)} – ${round(max)}`),
];

const number = (text: string) => `<td class="number">${escapeHtml(text)}</td>`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (text.startsWith('<td') ? text : `<td>${text}</td>`);
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  return `<table><tr>${head.map((text) => `<th>${text}</th>`).join('')}</tr>${body.join('')}</table>`;
}

function skipped(contenders: readonly Contender[]): string {
  const left = contenders.filter((contender) => contender.skipped !== undefined);
  const items = left.map(({ name, skipped: why = '' }) => `<li>${escapeHtml(name)}: ${escapeHtml(why)}</li>`);
  return items.length === 0 ? '' : `<p>Could not run here:</p><ul>${items.join('')}</ul>`;
}
