// What the language knows of packets, tables and verdicts: the front end's other half (lowering.ts).
import { CALLED, type Intrinsics, type Lowering } from '../lowering.ts';
import { holdsLock, type Outcome, type Path, type Site } from '../path.ts';
import { UNDEFINED, type Value } from '../value.ts';
import { Code } from './code.ts';
import { count } from './counting.ts';
import { equal } from './equality.ts';
import { portAt } from './forwarding/port-group.ts';
import { FUNCTIONS } from './functions/index.ts';
import { release } from './functions/lock.ts';
import { headerProperty } from './headers/header-view.ts';
import { headerSpec } from './headers/identity.ts';
import { layerOf } from './headers/layer.ts';
import { onceRead } from './memo.ts';
import { begin, end } from './program.ts';
import { requireXdp } from './rewrite/rewrite.ts';
import { assignEntry, entryMethod, entryProperty } from './tables/entry.ts';
import { tableMethod } from './tables/index.ts';
import { VIEWS } from './views.ts';

const VERDICTS = ['drop', 'next', 'stack', 'bounce'] as const;

const named: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...VERDICTS.map((verdict) => [verdict, { kind: 'verdict', verdict, operands: [] }] as const),
  ...[...FUNCTIONS.keys()].map((name) => [name, { kind: 'intrinsic', name }] as const),
]);

function kindOf(lowering: Lowering, path: Path, view: Extract<Value, { kind: 'view' }>, site: Site) {
  // The packet itself is always the present one.
  if (view.type !== 'packet' && view.epoch !== path.epoch) return lowering.fail(site, 'TP3014', 'a call');
  const kind = VIEWS.get(view.type);
  if (kind === undefined) throw new Error(`there is no view '${view.type}'`);
  return kind;
}

/** What calls the kernel cannot be done while a lock is held: its verifier refuses it. */
function unlocked<T>(lowering: Lowering, path: Path, what: string, site: Site, work: () => T): T {
  if (!holdsLock(path)) return work();
  const before = lowering.builder.calls;
  const done = work();
  return lowering.builder.calls === before ? done : lowering.fail(site, 'TP4012', what);
}

const MEMBERS: Pick<Intrinsics, 'property' | 'method' | 'assign' | 'call'> = {
  property(lowering, path, receiver, name, site) {
    switch (receiver.kind) {
      case 'view': {
        const kind = kindOf(lowering, path, receiver, site);
        if (receiver.type === 'header') return headerProperty({ lowering, path, receiver, operands: [], site }, name);
        const property = kind.properties[name];
        if (property) {
          return onceRead(path, receiver, name, () => property({ lowering, path, receiver, operands: [], site }));
        }
        return lowering.fail(site, 'TP3009', name, kind.title, Object.keys(kind.properties).join(', '));
      }
      case 'entry':
        return entryProperty({ lowering, path, receiver, operands: [], site }, name);
      case 'counters': {
        const names = countersOf(lowering);
        if (names.includes(name)) return [{ path, value: { kind: 'counter', name } }];
        return lowering.fail(site, 'TP4009', name, names.join(', '));
      }
      case 'ruleSet': {
        const plan = lowering.plan.tables.find((table) => table.path === `${receiver.plan.path}.${name}`);
        if (plan) return [{ path, value: { kind: 'table', plan } }];
        return lowering.fail(site, 'TP3009', name, 'rule set', receiver.plan.tables.join(', '));
      }
      default:
        return lowering.fail(site, 'TP3009', name, receiver.kind, 'no properties');
    }
  },

  method(lowering, path, receiver, name, operands, site) {
    switch (receiver.kind) {
      case 'view': {
        const kind = kindOf(lowering, path, receiver, site);
        const method = kind.methods[name];
        if (method) return method({ lowering, path, receiver, operands, site });
        return lowering.fail(site, 'TP3009', `${name}()`, kind.title, Object.keys(kind.methods).join(', '));
      }
      case 'table':
        return tableMethod({ lowering, path, receiver, operands, site }, name);
      case 'entry':
        return entryMethod({ lowering, path, receiver, operands, site }, name);
      case 'object':
        if (name === CALLED && headerSpec(receiver) !== undefined) {
          return [{ path, value: layerOf(receiver, operands[0], lowering, site) }];
        }
        return lowering.fail(site, 'TP4008', name, receiver.kind, 'none');
      case 'portGroup':
        if (name === 'at') return portAt({ lowering, path, receiver, operands, site });
        return lowering.fail(site, 'TP4008', name, 'port group', 'at');
      case 'counters':
        return countUp(lowering, path, name, operands, site);
      case 'counter':
        if (name === CALLED) return countUp(lowering, path, receiver.name, operands, site);
        return lowering.fail(site, 'TP4008', name, 'counter', 'a call: count.name(amount)');
      default:
        return lowering.fail(site, 'TP4008', name, receiver.kind, 'none');
    }
  },

  assign(lowering, path, receiver, name, value, site) {
    if (receiver.kind === 'entry') return assignEntry({ lowering, path, receiver, operands: [], site }, name, value);
    if (receiver.kind !== 'view') return lowering.fail(site, 'TP3011', name, receiver.kind);
    const { setters, title } = kindOf(lowering, path, receiver, site);
    if (receiver.fixed.tunnelled === true) requireXdp(lowering, name, site);
    const setter = setters?.[name];
    if (setter) return setter({ lowering, path, receiver, operands: [value], site }, value);
    return lowering.fail(site, 'TP3011', name, title);
  },

  call(lowering, path, name, operands, site) {
    const found = FUNCTIONS.get(name);
    return found ? found(lowering, path, operands, site) : lowering.fail(site, 'TP3013', name);
  },
};

export const INTRINSICS: Intrinsics = {
  property: (lowering, path, receiver, name, site) =>
    unlocked(lowering, path, name, site, () =>
      MEMBERS.property(lowering, path, live(lowering, receiver, site), name, site),
    ),
  method: (lowering, path, receiver, name, operands, site) =>
    unlocked(lowering, path, name, site, () =>
      MEMBERS.method(lowering, path, live(lowering, receiver, site), name, operands, site),
    ),
  assign: (lowering, path, receiver, name, value, site) =>
    unlocked(lowering, path, name, site, () =>
      MEMBERS.assign(lowering, path, live(lowering, receiver, site), name, value, site),
    ),
  call: (lowering, path, name, operands, site) =>
    unlocked(lowering, path, name, site, () =>
      MEMBERS.call(
        lowering,
        path,
        name,
        operands.map((operand) => live(lowering, operand, site)),
        site,
      ),
    ),
  named: (name) => named.get(name),
  equal,
  begin,
  release,
  end,
};

/** Entries that may still be what was found. */
function live(lowering: Lowering, value: Value, site: Site): Value {
  return value.kind === 'entry' && value.isStale ? lowering.fail(site, 'TP4011', value.table.path) : value;
}

const AUTHORS = 'count ';

const countersOf = ({ plan }: Lowering) =>
  plan.counters.slots.filter((slot) => slot.startsWith(AUTHORS)).map((slot) => slot.slice(AUTHORS.length));

/** `count.refused()`, `count.bytes(packet.length)`. */
function countUp(
  lowering: Lowering,
  path: Path,
  name: string,
  operands: readonly Value[],
  site: Site,
): readonly Outcome[] {
  const names = countersOf(lowering);
  if (!names.includes(name)) return lowering.fail(site, 'TP4009', name, names.join(', '));
  const [amount] = operands;
  const id = amount === undefined ? undefined : new Code(lowering, path).id(lowering.register(path, amount, site));
  return [{ path: count(lowering, path, [`${AUTHORS}${name}`], id), value: UNDEFINED }];
}
