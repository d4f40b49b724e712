// BPF filters of the clsact queueing discipline: how programs see what enters and leaves an interface where there is no tcx.

import { isSyscallError } from '../syscall-error.ts';
import { subjectOf } from './link.ts';
import type { NetlinkReader, NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_GETQDISC = 38;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_ID = 11;
/** The program's result is the verdict. */
const TCA_BPF_FLAG_ACT_DIRECT = 1;

/** TC_H_CLSACT, and the handle that every clsact has. */
const CLSACT_PARENT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
/** TC_H_MIN_INGRESS and TC_H_MIN_EGRESS of it. */
const HOOK = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
/** ETH_P_ALL in network byte order. */
const ALL_PROTOCOLS = 0x0300;

/** A filter's place, which names it. */
export interface FilterPlace {
  readonly ifindex: number;
  readonly direction: 'ingress' | 'egress';
  /** 1 to 0xffff: filters run from low to high. */
  readonly priority: number;
  /** Tells filters of one priority apart; not 0. */
  readonly handle: number;
}

export interface Filter extends FilterPlace {
  /** "bpf", "u32", "flower" … */
  readonly kind: string;
  /** Of BPF filters: what their maker called them, and the program's id. Else empty and 0. */
  readonly name: string;
  readonly programId: number;
}

/** `false`: there is one already. @throws SyscallError (EEXIST): an ingress discipline is in its place. */
export function addClsact(netlink: Netlink, ifindex: number): boolean {
  if (hasClsact(netlink, ifindex)) return false;
  netlink.change({
    call: 'RTM_NEWQDISC',
    type: RTM_NEWQDISC,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    subject: `clsact of ${subjectOf(ifindex)}`,
    body: (writer) => {
      header(writer, { ifindex, handle: CLSACT_HANDLE, parent: CLSACT_PARENT });
      writer.attribute(TCA_KIND, (w) => w.string('clsact'));
    },
  });
  return true;
}

/** With all filters on it. */
export function deleteClsact(netlink: Netlink, ifindex: number): void {
  netlink.change({
    call: 'RTM_DELQDISC',
    type: RTM_DELQDISC,
    subject: `clsact of ${subjectOf(ifindex)}`,
    body: (writer) => header(writer, { ifindex, handle: CLSACT_HANDLE, parent: CLSACT_PARENT }),
  });
}

export function hasClsact(netlink: Netlink, ifindex: number): boolean {
  const all = netlink.dump({
    call: 'RTM_GETQDISC',
    type: RTM_GETQDISC,
    body: (writer) => header(writer, { ifindex }),
  });
  return all.some((one) => one.u32(4) === ifindex && kindOf(one) === 'clsact');
}

export interface NewBpfFilter {
  readonly place: FilterPlace;
  /** Descriptor of a tc program, whose result is the verdict. */
  readonly program: number;
  /** Shown with the filter; at most 255 bytes. */
  readonly name: string;
}

/** @throws SyscallError: EEXIST (there is a filter in this place), EINVAL (no clsact). */
export function addBpfFilter(netlink: Netlink, filter: NewBpfFilter): void {
  setBpfFilter(netlink, filter, NLM_F_CREATE | NLM_F_EXCL);
}

/** Puts another program into a filter, between two packets. @throws SyscallError (ENOENT): there is no such filter. */
export function replaceBpfFilter(netlink: Netlink, filter: NewBpfFilter): void {
  setBpfFilter(netlink, filter, 0);
}

function setBpfFilter(netlink: Netlink, { place, program, name }: NewBpfFilter, flags: number): void {
  netlink.change({
    call: 'RTM_NEWTFILTER',
    type: RTM_NEWTFILTER,
    flags,
    subject: textOf(place),
    body: (writer) => {
      filterHeader(writer, place);
      writer.attribute(TCA_KIND, (w) => w.string('bpf'));
      writer.attribute(TCA_OPTIONS, (options) => {
        options.attribute(TCA_BPF_FD, (w) => w.u32(program));
        options.attribute(TCA_BPF_NAME, (w) => w.string(name));
        options.attribute(TCA_BPF_FLAGS, (w) => w.u32(TCA_BPF_FLAG_ACT_DIRECT));
      });
    },
  });
}

/** `false`: it is gone already, or its interface is. */
export function deleteFilter(netlink: Netlink, place: FilterPlace): boolean {
  try {
    netlink.change({
      call: 'RTM_DELTFILTER',
      type: RTM_DELTFILTER,
      subject: textOf(place),
      body: (writer) => filterHeader(writer, place),
    });
    return true;
  } catch (error) {
    // Without clsact the parent is what is not found: EINVAL.
    if (!isSyscallError(error, 'ENOENT', 'ENODEV', 'EINVAL')) throw error;
    return false;
  }
}

/** Filters of one direction of an interface, in the order in which they run; none without clsact. */
export function listFilters(netlink: Netlink, ifindex: number, direction: 'ingress' | 'egress'): Filter[] {
  const messages = netlink.dump({
    call: 'RTM_GETTFILTER',
    type: RTM_GETTFILTER,
    body: (writer) => header(writer, { ifindex, parent: HOOK[direction] }),
  });
  return messages.map((message) => parse(message, direction)).filter(({ handle }) => handle !== 0);
}

/** struct tcmsg: u8 family, 3 bytes padding, i32 ifindex, u32 handle, u32 parent, u32 info. */
function header(writer: NetlinkWriter, { ifindex, handle = 0, parent = 0, info = 0 }: TcHeader): void {
  writer.u32(0).u32(ifindex).u32(handle).u32(parent).u32(info);
}

interface TcHeader {
  readonly ifindex: number;
  readonly handle?: number;
  readonly parent?: number;
  readonly info?: number;
}

function filterHeader(writer: NetlinkWriter, { ifindex, direction, priority, handle }: FilterPlace): void {
  header(writer, { ifindex, handle, parent: HOOK[direction], info: ((priority << 16) | ALL_PROTOCOLS) >>> 0 });
}

function parse(message: NetlinkReader, direction: 'ingress' | 'egress'): Filter {
  const options = message.attributes(20).get(TCA_OPTIONS)?.attributes();
  return {
    ifindex: message.i32(4),
    direction,
    priority: message.u32(16) >>> 16,
    handle: message.u32(8),
    kind: kindOf(message),
    name: options?.get(TCA_BPF_NAME)?.string() ?? '',
    programId: options?.get(TCA_BPF_ID)?.u32() ?? 0,
  };
}

const kindOf = (message: NetlinkReader) => message.attributes(20).get(TCA_KIND)?.string() ?? '';

const textOf = ({ ifindex, direction, priority }: FilterPlace) =>
  `filter of priority ${priority} on ${direction} of ${subjectOf(ifindex)}`;
