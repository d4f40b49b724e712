import type { AnyTableSpec, FunctionSpec, ReasonSpec } from '../spec/specs.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { checkShape } from './check-shape.ts';
import { checkSnap } from './check-snap.ts';
import { checkTable } from './check-table.ts';
import { type GivenSpec, hasCounters } from './function-spec.ts';

const KNOWN: ReadonlySet<string> = new Set<keyof GivenSpec>([
  'name',
  'summary',
  'config',
  'tables',
  'counters',
  'reasons',
  'ports',
  'fastPath',
  'nameOfDecision',
  'namesOfRules',
  'idleTimeouts',
  'unusedTables',
  'configure',
  'slowPath',
  'operations',
]);

/** What the types cannot say, and what they say to an author who does not use them. @throws VnfSpecError */
export function checkFunction(spec: FunctionSpec, given: GivenSpec): void {
  const where = `function ${spec.name}`;
  if (typeof spec.name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(spec.name)) {
    throw new VnfSpecError(where, 'it is no name of a function', "use lower-case letters, digits and '-', at most 63");
  }
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw new VnfSpecError(`${where}, ${unknown}`, 'there is no such member', `members are ${[...KNOWN].join(', ')}`);
  }
  if (given.fastPath === undefined) checkSlowOnly(spec, where);
  else checkFastPath(given, where);
  checkTables(spec, where);
  checkCounters(spec, given, where);
  checkReasons(spec, where);
  checkPorts(spec, where);
  for (const name of Object.keys(spec.operations)) checkIdentifier(name, `${where}, operation ${name}`);
}

function checkFastPath({ fastPath, ports }: GivenSpec, where: string): void {
  if (typeof fastPath === 'function') return;
  const hint = 'give a function (packet, config), or { ingress, egress }';
  if (typeof fastPath?.ingress !== 'function' || typeof fastPath.egress !== 'function') {
    throw new VnfSpecError(`${where}, fastPath`, 'it is neither one function nor two', hint);
  }
  if (ports !== undefined) {
    const why = 'only a transparent function, which has no ports, has two fast paths';
    throw new VnfSpecError(`${where}, fastPath`, why, 'leave `ports` out, or tell directions apart by `packet.port`');
  }
}

/** Every packet goes up: with which reason must be clear. */
function checkSlowOnly({ reasons }: FunctionSpec, where: string): void {
  const [only, ...others] = Object.values(reasons);
  if (only?.kind === 'packetIn' && others.length === 0 && Object.keys(only.metadata).length === 0) return;
  const why = 'there is none, so that every packet goes up, and it is not clear with which reason';
  throw new VnfSpecError(
    `${where}, fastPath`,
    why,
    'declare one reason, a packetIn() without metadata, or give a fastPath',
  );
}

function checkTables(spec: FunctionSpec, where: string): void {
  const reasons = Object.values(spec.reasons);
  const seen = new Map<object, string>();
  const check = (path: string, table: Parameters<typeof checkTable>[0]) => {
    const at = `${where}, table ${path}`;
    const other = seen.get(table);
    if (other !== undefined) throw new VnfSpecError(at, `it is listed as ${other} too`, 'list each table once');
    seen.set(table, path);
    checkTable(table, at, reasons);
  };
  checkGenerations(spec, where);
  for (const [name, table] of Object.entries(spec.tables)) {
    checkIdentifier(name, `${where}, table ${name}`);
    if (isTaken(name, spec)) {
      const hint = 'give it another name, such as one that says what is in it';
      throw new VnfSpecError(`${where}, table ${name}`, 'maps of the runtime are called that', hint);
    }
    if (table === undefined)
      throw new VnfSpecError(`${where}, table ${name}`, 'it was not made by table(), lpm() …', 'declare it');
    if (table.kind !== 'ruleSet') {
      check(name, table);
      checkTelling(table, spec, `${where}, table ${name}`);
    } else {
      for (const [member, inner] of Object.entries(table.tables)) {
        checkIdentifier(member, `${where}, table ${name}.${member}`);
        check(`${name}.${member}`, inner);
        if (inner.kind !== 'table' || inner.tellPerSecond === undefined) continue;
        const at = `${where}, table ${name}.${member}, tellChanges`;
        throw new VnfSpecError(at, 'the fast path writes no table of a rule set', 'leave it out');
      }
    }
  }
}

function checkTelling(table: AnyTableSpec, { slowPath }: FunctionSpec, where: string): void {
  if (table.kind !== 'table' || table.tellPerSecond === undefined || slowPath !== undefined) return;
  throw new VnfSpecError(`${where}, tellChanges`, 'there is no slowPath() that could listen', 'leave it out');
}

/** Each has a bit in one word of the state. */
const MOST_GENERATIONS = 32;

function checkGenerations({ tables }: FunctionSpec, where: string): void {
  const switching = Object.values(tables).filter((table) => table?.kind === 'ruleSet' || table?.kind === 'classifier');
  if (switching.length <= MOST_GENERATIONS) return;
  throw new VnfSpecError(
    `${where}, tables`,
    `there are ${switching.length} rule sets and classifiers, of which a function has at most ${MOST_GENERATIONS}`,
    'put classifiers that change together into one ruleSet()',
  );
}

const ALWAYS_TAKEN = [
  'state',
  'events',
  'counters',
  'scratch',
  'capture',
  'limits',
  'cpus',
  'sockets',
  'listeners',
  'trips',
];

/** Names of maps that instances have besides tables; the last two only where the function has ports. */
function isTaken(name: string, { ports }: FunctionSpec): boolean {
  if (ALWAYS_TAKEN.includes(name)) return true;
  return ports.kind !== 'transparent' && ['ports', 'links'].includes(name);
}

function checkCounters(spec: FunctionSpec, { counters }: GivenSpec, where: string): void {
  if (counters !== undefined && !hasCounters(counters) && Object.keys(counters).length > 0) {
    throw new VnfSpecError(
      `${where}, counters`,
      'they were not made by counters()',
      "write counters({ name: 'what it counts' })",
    );
  }
  for (const [name, help] of Object.entries(spec.counters.help)) {
    checkIdentifier(name, `${where}, counter ${name}`);
    if (help === '')
      throw new VnfSpecError(`${where}, counter ${name}`, 'nobody is told what it counts', 'say so in a few words');
  }
}

function checkReasons(spec: FunctionSpec, where: string): void {
  const reasons = Object.entries(spec.reasons);
  for (const [name, reason] of reasons) checkReason(name, reason, `${where}, reason ${name}`);
  const [first] = reasons.filter(([, reason]) => reason.kind !== 'notice' || reason.text === undefined);
  if (first !== undefined && spec.slowPath === undefined) {
    throw new VnfSpecError(
      `${where}, reason ${first[0]}`,
      'there is no slowPath() to handle it',
      'write slowPath(), or leave it out',
    );
  }
}

function checkReason(name: string, reason: ReasonSpec, where: string): void {
  checkIdentifier(name, where);
  checkShape(reason.metadata, 'metadata', where);
  if (reason.kind === 'notice') return;
  if (reason.snap !== undefined) checkSnap(reason.snap, where);
  if (reason.backlog !== undefined) checkBacklog(reason.backlog, where);
}

/** The kernel's ring buffers are a power of 2 of pages. */
function checkBacklog(backlog: number, where: string): void {
  if (Number.isInteger(Math.log2(backlog)) && backlog >= 4096 && backlog <= 1 << 28) return;
  const hint = 'give a power of 2 from 4096 to 268435456, or leave it out';
  throw new VnfSpecError(`${where}, backlog`, `${backlog} is no size of a ring`, hint);
}

function checkPorts({ ports }: FunctionSpec, where: string): void {
  if (ports.kind === 'transparent') return;
  if (ports.kind === 'portGroup') {
    if (Number.isInteger(ports.max) && ports.max > 0 && ports.max <= 4096) return;
    throw new VnfSpecError(
      `${where}, ports`,
      `${ports.max} is no number of ports`,
      'give portGroup({ max }) 1 to 4096',
    );
  }
  const { names } = ports;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new VnfSpecError(`${where}, port ${twice}`, 'it is listed twice', 'leave one out');
  if (names.length === 0)
    throw new VnfSpecError(`${where}, ports`, 'the list is empty', 'leave `ports` out: the function is transparent');
  const wrong = names.find((name) => !/^[A-Za-z][A-Za-z0-9._-]{0,30}$/.test(name));
  if (wrong !== undefined) {
    throw new VnfSpecError(
      `${where}, port ${wrong}`,
      'it is no name of a port',
      'use letters, digits, ., _ and -, a letter first',
    );
  }
}

function checkIdentifier(name: string, where: string): void {
  if (/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(name)) return;
  throw new VnfSpecError(where, 'it is no name', 'use letters and digits, a letter first, at most 63');
}
