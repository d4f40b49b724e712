// Ports by name: registers hold their index.
import { LINK, LINKS } from '../../../abi/ports.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Site } from '../../path.ts';
import { type NameDomain, UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import type { Call } from '../members.ts';
import { storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { numberOf, translate } from '../names.ts';
import { loadWords } from '../packet/field.ts';

const MTU = { low: 0n, high: 0xffff_ffffn };

export const portDomain = ({ target }: Lowering): NameDomain => ({
  kind: 'port',
  names: target.ports.map(({ name }) => name),
});

/** A register with the index of a port. */
export function portIndex(code: Code, port: Value | undefined, site: Site): ValueId {
  const { lowering } = code;
  const domain = portDomain(lowering);
  if (lowering.plan.ports.kind === 'transparent') {
    return lowering.fail(site, 'TP5002', 'forward', 'a function without ports', 'name its ports in vnf({ ports: … })');
  }
  if (port?.kind === 'constant' && typeof port.value === 'string') {
    const index = numberOf(domain, port.value) ?? lowering.fail(site, 'TP3007', port.value, 'port');
    return code.id(n(index));
  }
  if (port?.kind !== 'name') return lowering.fail(site, 'TP3005', 'a port', port?.kind ?? 'nothing');
  return translate(code, port, domain, site);
}

/** What is known of a port, or null; its address is checked by who reads. */
export function lookUpLink(code: Code, index: ValueId): ValueId {
  const key = scratchSlot(code, 'key', 4);
  storePieces(code, key, 0, 4, [{ offset: 0, bits: 32, value: index }]);
  return code.lookup(LINKS, key);
}

type Group = Extract<Value, { kind: 'portGroup' }>;

/** `group.at(port)`: `undefined` for a port that is down. */
export function portAt({ lowering, path, operands, site }: Call<Group>): readonly Outcome[] {
  const code = new Code(lowering, path);
  const link = lookUpLink(code, portIndex(code, operands[0], site));
  const found = code.when('ne', link, n(0), 'then');
  const up = found.then.when('ne', found.then.load(link, LINK.isUp, 8), n(0), 'then');
  const missing = lowering.joinPaths([found.otherwise.path, up.otherwise.path]);
  const fields = new Map<string, Value>([
    ['mac', { kind: 'bytes', type: 'mac', words: loadWords(up.then, link, LINK.mac, 6) }],
    ['mtu', lowering.integer(up.then.load(link, LINK.mtu, 32), MTU)],
  ]);
  return [
    { path: up.then.path, value: { kind: 'record', fields } },
    ...missing.map((on) => ({ path: on, value: UNDEFINED })),
  ];
}
