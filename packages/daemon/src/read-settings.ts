import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { type Settings, settings } from './settings.ts';

/** The daemon's own settings are wrong: what, and in which line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Without a file: the defaults. @throws SettingsError */
export function readSettings(file: string | undefined): Settings {
  if (file === undefined) return settings.parse({});
  const lines = new LineCounter();
  const document = parseDocument(textOf(file), { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  const [bad] = document.errors;
  if (bad !== undefined) throw new SettingsError(`${at(bad.pos[0])}: ${bad.message}`, 'correct the file there');
  const parsed = settings.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const node: unknown = document.getIn(path.map(String), true);
    const range: unknown = Object(node).range;
    const place = Array.isArray(range) && typeof range[0] === 'number' ? at(range[0]) : file;
    return `${place}: ${path.join('.') || 'the whole'}: ${message}`;
  });
  throw new SettingsError(wrong.join('\n'), 'docs/guides/install.md has all settings');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
      'check the path',
    );
  }
}
