import type { PortSpec } from '@twinpath/vnf/chain';
import { describe, expect, test } from 'vitest';
import { chooseHook } from './choose-hook.ts';

const choose = (port: Omit<PortSpec, 'interface'>, { isLeft = false, native = true } = {}) =>
  chooseHook({ interface: 'eth0', ...port }, { isLeft, hasNativeXdp: () => native });

describe('a port that leaves it open', () => {
  test('has XDP where the driver has it, and else tcx', () => {
    expect(choose({})).toEqual({ hook: 'xdp', why: 'the driver has native XDP' });
    expect(choose({ hook: 'auto' }, { native: false })).toEqual({ hook: 'tcx', why: 'the driver has no native XDP' });
  });

  test('has tcx where it hands over', () => {
    expect(choose({ handOver: true })).toMatchObject({ hook: 'tcx' });
    expect(choose({ handOver: false })).toMatchObject({ hook: 'xdp' });
  });

  test('has XDP where it names a mode of it, whatever the driver has', () => {
    expect(choose({ mode: 'generic', handOver: true }, { native: false })).toMatchObject({ hook: 'xdp' });
  });

  test('stays where a process that is gone has left it', () => {
    expect(choose({ handOver: true }, { isLeft: true, native: false })).toMatchObject({ hook: 'xdp' });
  });
});

test('a port that names a hook has that one, and nothing is tried', () => {
  const facts = {
    isLeft: false,
    hasNativeXdp: () => {
      throw new Error('tried');
    },
  };
  expect(chooseHook({ interface: 'eth0', hook: 'xdp', handOver: true }, facts).hook).toBe('xdp');
  expect(chooseHook({ interface: 'eth0', hook: 'tcx' }, { ...facts, isLeft: true }).hook).toBe('tcx');
});
