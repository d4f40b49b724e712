// Bars with their spread as SVG, in text that needs neither a network nor a script.
import type { Metric } from '../result.ts';

export interface Bar {
  readonly label: string;
  readonly metric: Metric;
  /** Drawn in the colour of what the scenario is about. */
  readonly isOurs: boolean;
}

const WIDTH = 900;
const LABEL = 330;
const FIGURE = 210;
const ROW = 22;
const TICK = 4;
const NARROWEST = 1;

/** Horizontal bars from zero to the median, and a line from the smallest round to the largest. All are of one unit. */
export function chart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ metric }) => Math.max(metric.max, metric.median)), Number.MIN_VALUE);
  const scale = (value: number) => (Math.max(value, 0) / most) * (WIDTH - LABEL - FIGURE);
  const rows = bars.map((bar, index) => row(bar, index * ROW, scale));
  const height = bars.length * ROW;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeHtml(title)}">${rows.join('')}</svg>`;
}

function row({ label, metric, isOurs }: Bar, top: number, scale: (value: number) => number): string {
  const middle = top + ROW / 2;
  const [from, to] = [LABEL + scale(metric.min), LABEL + scale(metric.max)];
  const width = Math.max(scale(metric.median), NARROWEST).toFixed(1);
  const ends = [from, to].map((x) => `M${x.toFixed(1)} ${middle - TICK}v${2 * TICK}`).join('');
  return [
    `<text x="${LABEL - 8}" y="${middle}" class="label">${escapeHtml(label)}</text>`,
    `<rect x="${LABEL}" y="${top + 4}" width="${width}" height="${ROW - 8}" class="${isOurs ? 'ours' : 'other'}"/>`,
    `<path d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}${ends}" class="spread"/>`,
    `<text x="${(to + 8).toFixed(1)}" y="${middle}" class="figure">${escapeHtml(figure(metric))}</text>`,
  ].join('');
}

export const figure = ({ median, min, max, unit }: Metric): string =>
  `${round(median)}${unit === '' ? '' : ` ${unit}`} [${round(min)} – ${round(max)}]`;

export function round(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** A number that somebody has written, or a quotient of such numbers. */
export const bound = (value: number): string => String(Number(value.toPrecision(3)));

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
