import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { Config } from './config.ts';
import { actFor, ratesOf, riskPolicyFor } from './policy.ts';
import { ownApplication } from './servers.ts';

const policies = (...given: NonNullable<z.input<typeof Config>['policies']>) =>
  Config.parse({ mode: 'inline', policies: given });
const youTube = { name: 'YouTube', protocol: 'TLS', category: 'Media' };

describe('policies', () => {
  it('are tried in order, and the first that fits decides', () => {
    const config = policies(
      { applications: ['youtube'], action: 'mark', dscp: 10 },
      { categories: ['Media'], action: 'drop' },
    );
    expect(actFor(config, youTube)).toEqual({ action: 'mark', mark: 40, limit: 0 });
    expect(actFor(config, { ...youTube, name: 'Netflix' })).toMatchObject({ action: 'drop' });
    expect(actFor(config, { ...youTube, name: 'Mail', category: 'Email' })).toMatchObject({ action: 'allow' });
  });
  it('fit by the name of what carries the application too', () => {
    expect(actFor(policies({ applications: ['TLS'], action: 'drop' }), youTube)).toMatchObject({ action: 'drop' });
  });
  it('fit everything where they name nothing', () => {
    expect(actFor(policies({ action: 'drop' }), youTube)).toMatchObject({ action: 'drop' });
  });
  it('fit by any of the risks, in their order among the others', () => {
    const config = policies(
      { applications: ['Netflix'], action: 'allow' },
      { risks: ['XSS Attack', 'Obsolete TLS Version (1.1 or older)'], action: 'drop' },
      { categories: ['Media'], action: 'mark', dscp: 10 },
    );
    const [none, other, obsolete] = [0n, 1n << 2n, 1n << 7n];
    expect(actFor(config, youTube, none)).toMatchObject({ action: 'mark' });
    expect(actFor(config, youTube, other | obsolete)).toMatchObject({ action: 'drop' });
    expect(actFor(config, { ...youTube, name: 'Netflix' }, obsolete)).toMatchObject({ action: 'allow' });
    expect([none, other, obsolete].map((risks) => riskPolicyFor(config, youTube, risks))).toEqual([0, 0, 2]);
    expect(riskPolicyFor(config, { ...youTube, name: 'Netflix' }, obsolete)).toBe(0);
  });
  it('name risks as nDPI does', () => {
    const given = { mode: 'inline', policies: [{ risks: ['Old TLS'], action: 'drop' }] };
    expect(Config.safeParse(given).error?.issues[0]?.message).toContain('Obsolete TLS Version');
  });
  it('have a rate each, in bytes', () => {
    const config = policies({ action: 'allow' }, { action: 'limit', rate: '8 Mbit/s', burst: '10 s' });
    expect(
      actFor(policies({ applications: ['x'], action: 'drop' }, { action: 'limit', rate: '8 bit/s' }), youTube),
    ).toEqual({
      action: 'limit',
      mark: 0,
      limit: 1,
    });
    expect(ratesOf(config)).toEqual([
      { bytesPerSecond: 0, burst: 0, usedUntil: 0 },
      { bytesPerSecond: 1_000_000, burst: 4e9, usedUntil: 0 },
    ]);
  });
  it('are refused where nothing is changed on the wire', () => {
    const { error } = Config.safeParse({ policies: [{ action: 'drop' }] });
    expect(error?.issues[0]?.message).toContain('use inline or hold');
  });
});

describe('applications of one’s own', () => {
  const [video, all] = [
    { name: 'Video', category: 'Media', servers: ['Video.example', '*.cdn.example'] },
    { name: 'All', category: 'Custom', servers: ['*.example'] },
  ];
  it.each([
    ['video.example', 'Video'],
    ['cdn.example', 'Video'],
    ['a.b.cdn.example', 'Video'],
    ['www.video.example', 'All'],
    ['notexample', undefined],
    [undefined, undefined],
  ])('%s is %s', (server, name) => {
    const finding = { application: 'TLS', category: 'Web', ...(server !== undefined && { server }) };
    const own = [video, all].flatMap((one) => one ?? []);
    expect(ownApplication(own, finding)?.name).toBe(name);
  });
});
