import { stripVTControlCharacters, styleText } from 'node:util';

type Cell = string | number;

/** Columns without borders, numbers to the right: `cut`, `awk` and `grep` can read it. */
export function tableText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)));
  const widths = header.map((name, column) => Math.max(width(name), ...texts.map((row) => width(row[column] ?? ''))));
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - width(cell));
        return isNumber[column] ? padding + cell : cell + padding;
      })
      .join('   ')
      .trimEnd();
  const head = styleText('dim', line(header.map((name) => name.toUpperCase())));
  return [head, ...texts.map(line)].join('\n');
}

const width = (text: string): number => stripVTControlCharacters(text).length;

/** 1234567 as 1 234 567; fractions to one digit. */
export function grouped(value: number): string {
  const [whole = '', fraction] = (Number.isInteger(value) ? String(value) : value.toFixed(1)).split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}
