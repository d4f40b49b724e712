import type { PortSpec } from '@twinpath/vnf/chain';
import { describe, expect, test } from 'vitest';
import { chooseHook, type HookFacts, type HookNeeded } from './choose-hook.ts';

const hardware: HookFacts = {
  isLeft: false,
  kind: undefined,
  driver: 'virtio_net',
  peer: undefined,
  againstHandOver: 'it is no veth',
  hasNativeXdp: () => true,
};
const veth: HookFacts = {
  ...hardware,
  kind: 'veth',
  driver: 'veth',
  peer: { hasXdp: false, unfinished: [] },
  againstHandOver: undefined,
};
const choose = (port: Omit<PortSpec, 'interface'>, facts: Partial<HookFacts> = {}, needed?: HookNeeded) =>
  chooseHook({ interface: 'eth0', ...port }, { ...hardware, ...facts }, needed);
const none = { hasNativeXdp: () => false };

describe('a port that leaves it open', () => {
  test('has XDP where the driver has it, and else tcx', () => {
    expect(choose({})).toEqual({ hook: 'xdp', handsOver: false, why: 'the driver virtio_net has native XDP' });
    expect(choose({ hook: 'auto' }, { ...none, driver: undefined })).toEqual({
      hook: 'tcx',
      handsOver: false,
      why: 'the driver has no native XDP',
    });
  });

  test('has tcx on a veth, and hands over', () => {
    const why = 'a veth brings buffers of senders on this host, which XDP would copy; it hands over to the other end';
    expect(choose({}, veth)).toEqual({ hook: 'tcx', handsOver: true, why });
    const unfinished = ['tso', 'tx-checksum'] as const;
    expect(choose({}, { ...veth, peer: { hasXdp: false, unfinished } }).why).toMatch(
      / and would want without tso, tx-checksum; /,
    );
  });

  test('does not hand over where that cannot be, passes something by, or is not wanted', () => {
    const beside = choose({}, { ...veth, againstHandOver: 'what leaves is queued by tbf' });
    expect(beside).toMatchObject({ hook: 'tcx', handsOver: false });
    expect(beside.why).toMatch(/it does not hand over: what leaves is queued by tbf$/);
    expect(choose({ handOver: false }, veth)).toMatchObject({ hook: 'tcx', handsOver: false });
    expect(choose({}, { ...hardware, kind: 'tun' })).toMatchObject({ hook: 'tcx', handsOver: false });
  });

  test('has XDP on a veth whose other end has it', () => {
    expect(choose({}, { ...veth, peer: { hasXdp: true, unfinished: [] } })).toMatchObject({ hook: 'xdp' });
  });

  test('has what functions need, XDP where it can be', () => {
    const tcx = { hook: 'tcx', why: "'clone' cannot be done on xdp" } as const;
    const xdp = { hook: 'xdp', why: "the verdict 'spread' cannot be given on tcx-ingress" } as const;
    expect(choose({}, hardware, tcx)).toEqual({ ...tcx, handsOver: false });
    expect(choose({}, veth, xdp)).toEqual({ ...xdp, handsOver: false });
    expect(choose({}, none, xdp)).toMatchObject({ hook: 'tcx' });
  });

  test('has tcx where it hands over', () => {
    expect(choose({ handOver: true })).toMatchObject({ hook: 'tcx', handsOver: true });
    expect(choose({ handOver: false })).toMatchObject({ hook: 'xdp' });
  });

  test('has XDP where it names a mode of it, whatever the driver has', () => {
    expect(choose({ mode: 'generic', handOver: true }, none)).toMatchObject({ hook: 'xdp', handsOver: false });
  });

  test('stays where a process that is gone has left it', () => {
    expect(choose({ handOver: true }, { ...veth, isLeft: true, ...none })).toMatchObject({ hook: 'xdp' });
  });
});

test('a port that names a hook has that one, and nothing is tried', () => {
  const facts: HookFacts = {
    ...veth,
    hasNativeXdp: () => {
      throw new Error('tried');
    },
  };
  expect(choose({ hook: 'xdp', handOver: true }, facts)).toMatchObject({ hook: 'xdp', handsOver: false });
  expect(choose({ hook: 'tcx' }, { ...facts, isLeft: true })).toMatchObject({ hook: 'tcx', handsOver: false });
  expect(choose({ hook: 'tcx', handOver: true }, facts)).toMatchObject({ hook: 'tcx', handsOver: true });
});
