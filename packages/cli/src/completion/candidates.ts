// What can stand where somebody writes: from the tree of commands, and from the daemon's names.
import type { Client } from '@twinpath/api';
import type { Argument, Command, Option } from 'commander';
import { type ConnectionOptions, connect } from '../remote/connection.ts';
import { KINDS } from '../remote/get.ts';
import { liveNames, type NameKind } from '../remote/live-names.ts';

export interface Candidate {
  readonly word: string;
  readonly does: string;
}

/** A shell waits for it. */
const PATIENCE_MS = 1_000;

/** `words`: behind `twinpath`; the last is being written. Nothing where a file is wanted: the shell knows those. */
export async function candidates(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const written = words.at(-1) ?? '';
  const [name, ...operands] = words.slice(0, -1);
  const found = name === undefined ? commandsOf(program) : await behind(program, name, operands, written);
  return found.filter(({ word }) => word.startsWith(written));
}

const commandsOf = ({ commands }: Command) =>
  commands.map((command) => ({ word: command.name(), does: command.description() }));

async function behind(program: Command, name: string, operands: readonly string[], written: string) {
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return [];
  const open = command.options.find((one) => isCalled(one, operands.at(-1)) && (one.required || one.optional));
  if (open !== undefined) return (open.argChoices ?? []).map((word) => ({ word, does: '' }));
  if (written.startsWith('-')) return command.options.filter(({ hidden }) => !hidden).map(optionOf);
  const { operands: given } = command.parseOptions([...operands]);
  const argument = argumentAt(command, given.length);
  if (argument === undefined) return [];
  return valuesOf(argument, given, optionsOf(command));
}

const isCalled = ({ long, short }: Option, written: string | undefined) =>
  written !== undefined && (written === long || written === short);

const optionOf = ({ long, short, description }: Option) => ({ word: long ?? short ?? '', does: description });

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

/** As they would be: written, or from the environment. */
function optionsOf(command: Command): ConnectionOptions {
  const values = command.options.map((one) => {
    const name = one.attributeName();
    const fallback = one.envVar === undefined ? undefined : process.env[one.envVar];
    return [name, command.getOptionValue(name) ?? fallback] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

async function valuesOf(argument: Argument, given: readonly string[], options: ConnectionOptions) {
  const own = argument.argChoices;
  if (own !== undefined) return own.map((word) => ({ word, does: '' }));
  if (argument.name() === 'what') return Object.entries(KINDS).map(([word, { summary }]) => ({ word, does: summary }));
  const [kind, before] = wanted(argument, given);
  if (kind === undefined) return [];
  const names = await asked(options, (client) => liveNames(client, kind, before));
  return names.map((word) => ({ word, does: '' }));
}

/** Of `get`, by what is wanted of it. */
function wanted(argument: Argument, given: readonly string[]): readonly [NameKind | undefined, readonly string[]] {
  if (argument.name() !== 'names') return [nameKind(argument.name()), given];
  const [what = '', ...before] = given;
  return [KINDS[what]?.names[before.length]?.kind, before];
}

const nameKind = (name: string): NameKind | undefined => (name === 'chain' || name === 'revision' ? name : undefined);

/** Without a daemon there are no names, and nobody who presses a key wants to read why. */
async function asked(
  options: ConnectionOptions,
  ask: (client: Client) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    using client = connect(options);
    const late = new Promise<readonly string[]>((done) => setTimeout(done, PATIENCE_MS, []).unref());
    return await Promise.race([ask(client), late]);
  } catch {
    return [];
  }
}
