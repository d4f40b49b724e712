/** One line, so that the last line of standard output is the result. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
  process.stdout.write(`${text}\n`);
}
