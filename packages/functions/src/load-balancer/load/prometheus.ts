/** The first sample of a metric in Prometheus' text format, whatever its labels; or, without a metric, the text as a number.
 *  @throws Error there is none */
export function numberIn(text: string, metric?: string): number {
  if (metric === undefined) return finite(text.trim(), 'the answer');
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric)) continue;
    const behind = line.slice(metric.length);
    const sample = behind.startsWith('{') ? behind.slice(behind.lastIndexOf('}') + 1) : behind;
    if (!/^[ \t]/.test(sample)) continue;
    return finite(sample.trim().split(/[ \t]+/)[0] ?? '', metric);
  }
  throw new Error(`there is no metric ${metric}`);
}

function finite(text: string, what: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new Error(`${what} is no number: '${text.slice(0, 40)}'`);
}
