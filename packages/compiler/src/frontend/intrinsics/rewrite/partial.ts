// Checksums that Linux has left to the hardware (CHECKSUM_PARTIAL): a local sender's TCP and UDP fields hold the folded sum of the
// pseudo header, not complemented, until the packet leaves; so what changes in the transport header must not touch them, and
// what changes in the addresses changes them with the other sign. A tc program can ask; docs/decisions/0020 says why XDP cannot.
import type { ValueId } from '../../../ir/types.ts';
import type { Site } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { remember } from '../memo.ts';
import { isView, part, view } from '../view.ts';

const KEY = 'checksum state';
const CHECKSUM_PARTIAL = 3;

/** 1 for a finished checksum, 0 for an unfinished one. `undefined`: nothing is ever unfinished on this hook. */
export function isFinished(
  code: Code,
  kind: string,
  site: Site,
): { readonly code: Code; readonly id: ValueId } | undefined {
  const { hook, checksumState } = code.lowering.target;
  if (hook === 'xdp') return undefined;
  const known = code.path.known.get(KEY);
  if (known !== undefined && isView(known, KEY)) return { code, id: part(known, 'finished') };
  if (checksumState === undefined) return code.lowering.fail(site, 'TP5005', hook, kind);
  const { builder } = code.lowering;
  const slot = builder.stack(code.path.block, builder.sharedSlot(8, KEY));
  code.store(slot, 0, 64, n(0));
  // The helper takes the address for what it is to the kernel: that of the socket buffer itself.
  const at = code.offset(builder.context, n(checksumState.byte));
  code.call('probe_read_kernel', [slot, n(1), at]);
  const state = code.alu('and', code.alu('shr', code.load(slot, 0, 8), n(checksumState.shift)), n(CHECKSUM_PARTIAL));
  // 0, 1 and 2 are finished: one more, and the third bit is clear.
  const finished = code.alu('xor', code.alu('shr', code.alu('add', state, n(1)), n(2)), n(1));
  const after = remember(code.path, KEY, view(KEY, code.path.epoch, {}, { finished }));
  return { code: code.on(after), id: finished };
}
