import {
  addBpfFilter,
  addClsact,
  BpfCommand,
  bpf,
  Errno,
  inNewNamespace,
  isSyscallError,
  NativeBuffer,
  Netlink,
  SyscallError,
} from '@twinpath/linux';
import { BtfBuilder } from '../btf/index.ts';
import { attachXdp } from '../links/xdp.ts';
import { BpfMap } from '../maps/map.ts';
import { context } from '../object.ts';
import { assembleProgram } from '../programs/from-assembly.ts';
import { loadBtf } from '../programs/kernel-btf.ts';
import { BpfProgram } from '../programs/program.ts';
import { VerifierError } from '../programs/verifier-error.ts';
import type { MapFlag, MapSpec, MapType, ProgramType } from '../spec.ts';

// What each probe does. True and false are answers; everything else that happens is thrown, never taken for a no.

/** The errors with which kernels refuse what they do not know. */
function isRefusal(error: unknown): boolean {
  if (error instanceof VerifierError) return error.code === 'EINVAL';
  return isSyscallError(error, 'EINVAL', 'E2BIG', 'EOPNOTSUPP', 'ENOTSUPP', 'ENOSYS');
}

function answers(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

const probeMap = (type: MapType, rest: Partial<MapSpec> = {}): MapSpec => ({
  name: 'probe',
  type,
  keySize: 4,
  valueSize: 4,
  maxEntries: 1,
  ...rest,
});

/** The kernel makes a map of this type. */
export function makesMap(type: MapType, rest: Partial<MapSpec> = {}, flags: readonly MapFlag[] = []): boolean {
  return answers(() => BpfMap.create({ ...probeMap(type, rest), flags })[Symbol.dispose]());
}

/** The kernel makes an array of maps. */
export function makesMapInMap(): boolean {
  return makesMap('array-of-maps', { inner: probeMap('array') });
}

/** The verifier accepts this program. */
export function accepts(type: ProgramType, text: string): boolean {
  return answers(() => BpfProgram.load(assembleProgram('probe', type, text))[Symbol.dispose]());
}

/** Programs of this type may call the helper: rejecting the call for its arguments is a yes. */
export function hasHelper(type: ProgramType, helper: string): boolean {
  try {
    BpfProgram.load(assembleProgram('probe', type, `call bpf_${helper}\nr0 = 0\nexit`))[Symbol.dispose]();
    return true;
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    return !/invalid func |unknown func |cannot use helper/.test(error.log);
  }
}

/** The kernel updates several entries of a hash with one call. */
export function updatesBatches(): boolean {
  using map = BpfMap.create(probeMap('hash'));
  const attr = new NativeBuffer(56).setPointer(16, new NativeBuffer(4)).setPointer(24, new NativeBuffer(4));
  const result = bpf(BpfCommand.MAP_UPDATE_BATCH, attr.setU32(32, 1).setU32(36, map.fd.number));
  return answer('MAP_UPDATE_BATCH', result, []);
}

/** A test run carries out the verdict. */
export function runsLiveFrames(): boolean {
  using program = BpfProgram.load(assembleProgram('probe', 'xdp', 'r0 = 1\nexit'));
  return answers(() => program.testRun({ data: new Uint8Array(64), liveFrames: true }));
}

/** A link holds an XDP program on an interface: on the loopback of a namespace that is gone afterwards. */
export function linksXdp(): boolean {
  using program = BpfProgram.load(assembleProgram('probe', 'xdp', 'r0 = 2\nexit'));
  return answers(() => inNewNamespace(() => attachXdp({ program, ifindex: 1, mode: 'generic' })[Symbol.dispose]()));
}

/** A link holds a tc program: a kernel that knows tcx says that the interface does not exist. */
export function linksTcx(): boolean {
  const BPF_TCX_INGRESS = 46;
  using program = BpfProgram.load(assembleProgram('probe', 'sched-cls', 'r0 = 0\nexit'));
  const attr = new NativeBuffer(48).setU32(0, program.fd.number).setU32(4, 0x7fff_ffff).setU32(8, BPF_TCX_INGRESS);
  return answer('LINK_CREATE', bpf(BpfCommand.LINK_CREATE, attr), [Errno.ENODEV]);
}

/** A filter holds a tc program: on the loopback of a namespace that is gone afterwards. */
export function filtersByProgram(): boolean {
  using program = BpfProgram.load(assembleProgram('probe', 'sched-cls', 'r0 = 0\nexit'));
  const place = { ifindex: 1, direction: 'egress', priority: 1, handle: 1 } as const;
  try {
    inNewNamespace(() => {
      using netlink = new Netlink();
      addClsact(netlink, place.ifindex);
      addBpfFilter(netlink, { place, program: program.fd.number, name: program.name });
    });
    return true;
  } catch (error) {
    // What traffic control has no module for is not found.
    if (isRefusal(error) || isSyscallError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The kernel loads a BTF object with one integer type. */
export function loadsBtf(): boolean {
  const btf = new BtfBuilder();
  btf.int('int', 4, 'signed');
  return answers(() => loadBtf(btf.bytes(), 'feature probe').close());
}

/** bpf(2) may be called at all: without permission this throws EPERM and what to do. */
export function callsBpf(): boolean {
  return answers(() => BpfMap.create(probeMap('array'))[Symbol.dispose]());
}

/** What a raw result says; `yes` are the errors that only a kernel with the feature gives. */
function answer(command: string, result: number, yes: readonly number[]): boolean {
  if (result >= 0 || yes.includes(-result)) return true;
  const error = new SyscallError(`bpf(${command})`, -result, context(result, 'feature probe'));
  if (isRefusal(error)) return false;
  throw error;
}
