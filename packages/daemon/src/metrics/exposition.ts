// Text as OpenMetrics 1.0 has it: all samples of a family together, behind its type and help.
import { FAMILIES, type FamilyName, sampleName } from './families.ts';

export type Labels = Readonly<Record<string, string>>;

export class Exposition {
  readonly #samples = new Map<FamilyName, string[]>();

  add(name: FamilyName, labels: Labels, value: number): void {
    const lines = this.#samples.get(name) ?? [];
    if (lines.length === 0) this.#samples.set(name, lines);
    lines.push(`${sampleName(name)}${labelsText(labels)} ${value}`);
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, { type, help }] of Object.entries(FAMILIES)) {
      const samples = isFamily(name) ? this.#samples.get(name) : undefined;
      if (samples === undefined) continue;
      lines.push(`# TYPE ${name} ${type}`, ...unitOf(name), `# HELP ${name} ${help}`, ...samples);
    }
    return `${lines.join('\n')}\n# EOF\n`;
  }
}

const isFamily = (name: string): name is FamilyName => name in FAMILIES;

function unitOf(name: string): readonly string[] {
  const unit = /_(seconds|bytes)$/.exec(name)?.[1];
  return unit === undefined ? [] : [`# UNIT ${name} ${unit}`];
}

function labelsText(labels: Labels): string {
  const texts: string[] = [];
  for (const name in labels) texts.push(`${name}="${escaped(labels[name] ?? '')}"`);
  return texts.length === 0 ? '' : `{${texts.join(',')}}`;
}

const escaped = (text: string): string =>
  /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
