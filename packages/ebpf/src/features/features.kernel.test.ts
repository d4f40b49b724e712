import { spawnSync } from 'node:child_process';
import { kernelVersion, openFds, parseKernelVersion, traceFds } from '@twinpath/linux';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accepts, hasHelper } from './attempt.ts';
import { featureNames, probe, requireFeature } from './probe.ts';
import { features } from './table.ts';
import { UnsupportedFeatureError } from './unsupported.ts';

beforeAll(() => traceFds());
afterAll(() => expect(openFds()).toEqual([]));

const running = kernelVersion();
const isNewEnough = (since: string) => {
  const { major, minor } = parseKernelVersion(since);
  return running.major > major || (running.major === major && running.minor >= minor);
};

describe('feature probes', () => {
  test.each(featureNames.filter((name) => isNewEnough(features[name].since)))(
    '%s is found on a kernel that has it',
    (name) => {
      expect(probe(name)).toBe(true);
      expect(() => requireFeature(name)).not.toThrow();
    },
  );

  test('what no kernel has is a no', () => {
    expect(accepts('xdp', 'call #100000\nr0 = 2\nexit')).toBe(false);
    expect(hasHelper('xdp', 'skb_store_bytes')).toBe(false);
    expect(hasHelper('sched-cls', 'skb_store_bytes')).toBe(true);
  });

  test('a program that is wrong for another reason is an error, not a no', () => {
    expect(() => accepts('xdp', 'r0 = *(u8 *)(r1 +0)\nr0 = r7\nexit')).toThrow(/the verifier rejected/);
  });

  test('missing permission is an error with a hint, not a no', () => {
    const script = `
      import { featureNames, probe } from '${import.meta.dirname}/../index.ts';
      const answers = new Set();
      for (const name of featureNames) {
        try { answers.add(String(probe(name))); } catch (error) { answers.add(error.code + ': ' + (error.hint !== undefined)); }
      }
      console.log([...answers].join());`;
    const args = ['--reuid', '65534', '--clear-groups', '--inh-caps=-all', process.execPath, '--input-type=module'];
    const { stdout } = spawnSync('setpriv', [...args, '-e', script], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('EPERM: true');
  });

  test('an unsupported feature says which kernel has it', () => {
    const error = new UnsupportedFeatureError('tcx links', '6.6');
    expect(error.message).toBe('tcx links are not supported by this kernel (needs 6.6 or newer)');
    expect(error).toMatchObject({ name: 'UnsupportedFeatureError', minimumKernel: '6.6' });
  });
});
