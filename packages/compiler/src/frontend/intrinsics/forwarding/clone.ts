// `clone(port)`: a copy out of a port, and the packet goes on.
import { LINK } from '../../../abi/ports.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { holdViews } from '../packet/hold-views.ts';
import { lookUpLink, portIndex } from './port-group.ts';

const IFINDEX = { low: 0n, high: 0xffff_ffffn };

export function clone(lowering: Lowering, path: Path, [to]: readonly Value[], site: Site): readonly Outcome[] {
  const { hook } = lowering.target;
  if (hook === 'xdp') {
    const instead = 'XDP has one packet only: run the function on tc, copy with copyToSlowPath, or flood';
    return lowering.fail(site, 'TP5006', 'clone', hook, instead);
  }
  const start = new Code(lowering, path);
  const link = lookUpLink(start, portIndex(start, to, site));
  const found = start.when('ne', link, n(0), 'then');
  // The kernel has no interface 0: it copies nothing then.
  const interfaces = [
    { path: found.then.path, value: lowering.integer(found.then.load(link, LINK.ifindex, 32), IFINDEX) },
    { path: found.otherwise.path, value: lowering.integer(found.otherwise.id(n(0)), IFINDEX) },
  ];
  return lowering.join(interfaces).map(({ path: on, value }) => {
    const code = new Code(lowering, on);
    // The copy shares the packet's bytes until one of both is written: the kernel may move them then.
    const inNewPlace = holdViews(code);
    code.call('clone_redirect', [lowering.builder.context, lowering.register(on, value, site), n(0)]);
    return { path: inNewPlace(code).path, value: UNDEFINED };
  });
}
