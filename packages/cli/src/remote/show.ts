// What a daemon answers, as YAML for people and JSON for programs.
import { stringify } from 'yaml';
import { printJson } from '../output/json.ts';

export function show(value: unknown, json = false): void {
  if (json) printJson(value);
  else process.stdout.write(typeof value === 'string' ? value : stringify(value, { lineWidth: 0 }));
}
