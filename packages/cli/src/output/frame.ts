/** The line in which `start` stands, numbered, with carets under what of the place stands in it. */
export function frameOf(text: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const shown = text.slice(lineStart, newline < 0 ? text.length : newline).trimEnd();
  const number = String(text.slice(0, start).split('\n').length).padStart(5);
  // Tabs stay tabs, so that the carets stand below the text in any terminal.
  const indent = shown.slice(0, start - lineStart).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(end, lineStart + shown.length) - start));
  return `${number} | ${shown}\n${' '.repeat(number.length)} | ${indent}${carets}`;
}
