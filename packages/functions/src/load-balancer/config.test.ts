import { expect, test } from 'vitest';
import { Config } from './config.ts';

const service = { address: '192.0.2.80', port: 80, backends: [] };
const problems = (given: unknown) => {
  const result = Config.safeParse(given);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

test('a service needs an address, a port and a list', () => {
  expect(problems({ services: [service] })).toEqual([]);
  expect(Config.parse({}).services).toEqual([]);
});

test.each([
  [{ services: [{ ...service, backends: [{ address: 'fd00::1' }] }] }, 'fd00::1 is not of the family of 192.0.2.80'],
  [{ services: [{ ...service, mode: 'tunnel' }] }, 'a tunnel needs tunnel.source4'],
  [{ services: [{ ...service, mode: 'direct', backends: [{ address: '10.0.0.1', port: 8080 }] }] }, 'leave it out'],
  [{ services: [service, { ...service, port: '79-90' }] }, 'another service has 192.0.2.80 tcp 79-90'],
  [{ services: [{ ...service, backends: [{ address: '10.0.0.1' }, { address: '10.0.0.1' }] }] }, 'there twice'],
  [{ services: [service, { ...service, port: 81 }, { ...service, port: 82 }], slots: 65_537 }, 'more than 65552 slots'],
])('%j is refused', (given, why) => {
  expect(problems(given).join('\n')).toContain(why);
});

test('what services do not use is not compiled', () => {
  const uses = (more: object) => Config.parse({ services: [{ ...service, ...more }] }).uses;
  const used = (more: object) => Object.entries(uses(more)).flatMap(([name, isUsed]) => (isUsed ? [name] : []));
  expect(used({})).toEqual(['ip4']);
  expect(used({ address: '2001:db8::80' })).toEqual(['ip6']);
  expect(uses({ algorithm: 'least-connections', affinity: 'source', newFlows: 5 })).toMatchObject({
    least: true,
    affinity: true,
    limit: true,
    turns: false,
  });
});
