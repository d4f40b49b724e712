// Names of users and groups of this machine, as /etc/passwd and /etc/group have them (passwd(5), group(5)).
import { readFileSync } from 'node:fs';
import type { Scope } from '@twinpath/api';
import type { Settings } from '../settings.ts';
import { widest } from './caller.ts';

interface Group {
  readonly gid: number;
  readonly members: readonly string[];
}

/** Scopes of users of this machine. @throws Error for a name that there is not */
export class Accounts {
  readonly #users = new Map<number, Scope>();
  readonly #groups = new Map<number, Scope>();

  constructor(
    { users, groups }: Pick<Settings['socket'], 'users' | 'groups'>,
    files = { passwd: '/etc/passwd', group: '/etc/group' },
  ) {
    const uids = new Map(linesOf(files.passwd).map(([name = '', , uid]) => [name, Number(uid)]));
    const known = groupsOf(files.group);
    for (const [name, scope] of Object.entries(users)) this.#add(numberOf('user', name, uids.get(name)), scope);
    for (const [name, scope] of Object.entries(groups)) {
      const group = known.get(name);
      this.#groups.set(numberOf('group', name, group?.gid), scope);
      for (const member of group?.members ?? []) this.#add(numberOf('user', member, uids.get(member)), scope);
    }
    for (const uid of [0, process.getuid?.() ?? 0]) this.#users.set(uid, 'admin');
  }

  scopeOf({ uid, gid }: { readonly uid: number; readonly gid: number }): Scope | undefined {
    return widest([this.#users.get(uid), this.#groups.get(gid)].filter((scope) => scope !== undefined));
  }

  /** The widest of what is said of a user. */
  #add(uid: number, scope: Scope): void {
    this.#users.set(uid, widest([scope, this.#users.get(uid) ?? scope]) ?? scope);
  }
}

/** Number of a group. @throws Error */
export function groupNumber(name: string, file = '/etc/group'): number {
  return numberOf('group', name, groupsOf(file).get(name)?.gid);
}

function groupsOf(file: string): ReadonlyMap<string, Group> {
  return new Map(
    linesOf(file).map(([name = '', , gid, members = '']) => [
      name,
      { gid: Number(gid), members: members.split(',').filter((member) => member !== '') },
    ]),
  );
}

function linesOf(file: string): readonly (readonly string[])[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

function numberOf(kind: string, name: string, found: number | undefined): number {
  if (/^\d+$/.test(name)) return Number(name);
  if (found === undefined)
    throw new Error(`the settings name ${kind} '${name}', and this machine has none of that name`);
  return found;
}
