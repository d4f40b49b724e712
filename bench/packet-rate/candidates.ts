// Contenders that stand, each with its hosts, and whether they do what they should.
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfProgram, enableRuntimeStats, queryTcx } from '@twinpath/ebpf';
import { getLink, inNamespace } from '@twinpath/linux';
import type { Load } from '../wire/messages.ts';
import type { Near, Standing, Wires } from '../wire/wires.ts';
import type { Action, Contender } from './contenders.ts';

/** One contender with one action. */
export interface Candidate {
  readonly contender: Contender;
  readonly action: Action;
  readonly near: Near;
  readonly standing: Standing;
  /** What it does is done by programs of the kernel, if any. */
  readonly isKernel: boolean;
}

/** So few that no ring overflows. */
const FEW = 64;
const PATIENCE_MS = 3000;

export async function stand(
  wires: Wires,
  contender: Contender,
  action: Action,
  stack: AsyncDisposableStack,
): Promise<Candidate> {
  const near = await wires.near(contender.near);
  const own = await contender.open({ wires, near }, action, stack);
  const standing = own ?? wires.standing(near, action === 'drop' ? 'in' : action === 'tx' ? 'a' : 'b');
  return { contender, action, near, standing, isKernel: own === undefined };
}

/** What is wrong with what comes out; nothing if all is well. */
export async function wrongs(
  wires: Wires,
  { contender, action, near, standing }: Candidate,
): Promise<readonly string[]> {
  const before = (await standing.counted()).frames;
  await wires.send(near, { bytes: 64, flows: FEW, ms: 1000, most: FEW });
  const deadline = performance.now() + PATIENCE_MS;
  let frames = 0;
  while (frames < FEW && performance.now() < deadline) {
    await sleep(20);
    frames = (await standing.counted()).frames - before;
  }
  const [back, beyond] = [await wires.sunk(near, 'a'), await wires.sunk(near, 'b')];
  const said = `${contender.name}, ${action}`;
  const wrong = frames === FEW ? [] : [`${said}: ${frames} of ${FEW} frames were worked on`];
  const [out, other] = action === 'tx' ? [back, beyond] : [beyond, back];
  if (other.frames > 0 || (action === 'drop' && out.frames > 0))
    wrong.push(`${said}: frames came out where none should`);
  if (action !== 'drop' && !isRight(wires, { contender, action, near }, out.last)) wrong.push(`${said}: ${out.last}`);
  return wrong;
}

/** The head of a frame as it should come out: of the template, with the ports of the last flow. */
function isRight(
  wires: Wires,
  { contender, action, near }: Pick<Candidate, 'contender' | 'action' | 'near'>,
  last: string,
): boolean {
  const digits = (mac: string) => mac.replaceAll(':', '');
  const own = (end: 'a' | 'b') => digits(near.host.mac(end));
  const far = (end: 'a' | 'b') => digits(wires.farMac(near, end));
  const came = own('a') + far('a');
  const swapped = far('a') + own('a');
  const isRouted = action === 'forward';
  const expected = isRouted ? far('b') + own('b') : contender.leavesAddresses ? came : swapped;
  const hops = isRouted ? '3f' : '40';
  const sums = Buffer.from(last, 'hex').subarray(14, 34);
  return last.startsWith(`${expected}0800`) && last.slice(44, 46) === hops && checksumOf(sums) === 0xffff;
}

/** Sum of the 16-bit words, with the carries: of a header with its checksum 0xffff. */
function checksumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** A load while the kernel measures programs: nanoseconds of those on `a` for each packet, its looks at the clock among them.
 *  `undefined`: there is none. */
export async function runTime(
  wires: Wires,
  { near, standing, isKernel }: Pick<Candidate, 'near' | 'standing' | 'isKernel'>,
  load: Load,
): Promise<number | undefined> {
  if (!isKernel) return undefined;
  using programs = new DisposableStack();
  const { host } = near;
  const xdp = getLink(host.netlink, 'a').xdp?.programId;
  const tcx = inNamespace(host.namespace, () => queryTcx(host.ifindex('a'), 'ingress')).map((one) => one.programId);
  const found = [...(xdp === undefined ? [] : [xdp]), ...tcx].map((id) => programs.use(BpfProgram.fromId(id)));
  if (found.length === 0) return undefined;
  const read = () => found.map((program) => program.info());
  using _stats = enableRuntimeStats();
  const before = read();
  await wires.load(near, standing, load);
  const after = read();
  const risen = (name: 'runTimeNs' | 'runCount') =>
    after.reduce((sum, one, index) => sum + Number(one[name] - (before[index]?.[name] ?? 0n)), 0);
  return risen('runTimeNs') / risen('runCount');
}
