import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Config } from './config.ts';
import { movedServices, type ServerEntry, serverEntries, serversOf, shareOf } from './fleet.ts';
import { layOut, slotsOf } from './layout.ts';

const backends = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => ({ address, port: 8080 }));
const configured = (...wanted: readonly object[]) =>
  Config.parse({
    slots: 251,
    services: [{ address: '192.0.2.80', port: 80, check: { type: 'tcp' }, backends: wanted }],
  });
const entries = (config: Config, known: Iterable<readonly [number, ServerEntry]> = []) =>
  serverEntries(serversOf(config, known)).map((entry, number) => [number, entry] as const);
const numbers = (config: Config, known: Iterable<readonly [number, ServerEntry]> = []) =>
  Object.fromEntries(serversOf(config, known).map(({ backend, number }) => [backend.address, number]));

test('number 0 is nobody (eLB 3: flows came to 0.0.0.0 before there were servers)', () => {
  expect(numbers(configured(...backends))).toEqual({ '10.0.0.1': 1, '10.0.0.2': 2, '10.0.0.3': 3 });
  expect(entries(configured(...backends))[0]?.[1].state).toBe('none');
});

test('backends keep their numbers, and others do not get them, whoever comes and goes', () => {
  const [first = {}, second = {}, third = {}] = backends;
  const before = entries(configured(first, second));
  expect(numbers(configured(third, second), before)).toEqual({ '10.0.0.3': 3, '10.0.0.2': 2 });
});

test('health and load outlive a change of the configuration, and a slow path that begins again', () => {
  const config = configured(...backends);
  const servers = serversOf(config, []).map((one) =>
    one.number === 2 ? { ...one, state: 'down' as const, factor: 300 } : one,
  );
  const known = serverEntries(servers).map((entry, number) => [number, entry] as const);
  const [, second] = serversOf(config, known);
  expect(second).toMatchObject({ state: 'down', factor: 1000 });
  expect(serversOf(configured(...backends.map((one) => ({ ...one, drain: true }))), known)[1]?.state).toBe('drained');
});

test('a server that is down has no slots (eLB 7: it kept at least one)', () => {
  const config = configured(...backends);
  const servers = serversOf(config, []).map((one) => (one.number === 2 ? { ...one, state: 'down' as const } : one));
  expect(new Set(slotsOf(config, servers))).toEqual(new Set([1, 3]));
});

test('the slots of a service are all filled, whatever loads are (eLB 2: most sums were refused)', () => {
  const config = configured(...backends);
  const factors = [50, 333, 999, 1000];
  for (const a of factors) {
    for (const b of factors) {
      const servers = serversOf(config, []).map((one) => ({ ...one, factor: one.number === 1 ? a : b }));
      const slots = [...slotsOf(config, servers)];
      expect(slots).toHaveLength(251);
      expect(slots.every((one) => one >= 1 && one <= 3)).toBe(true);
      expect(servers.every((one) => shareOf(one) > 0)).toBe(true);
    }
  }
});

test('two instances with the same configuration pick the same backend in each slot, whatever each had before', () => {
  const addresses = Array.from({ length: 8 }, (_, index) => ({ address: `10.0.0.${index + 1}`, port: 8080 }));
  const history = fc.array(fc.subarray(addresses), { maxLength: 3 });
  const weighted = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.boolean()), { minLength: 8, maxLength: 8 });
  const picked = (config: Config, before: readonly (readonly object[])[]) => {
    const known = before.reduce<readonly (readonly [number, ServerEntry])[]>(
      (had, wanted) => entries(configured(...wanted), had),
      [],
    );
    const servers = serversOf(config, known);
    const byNumber = new Map(servers.map(({ number, backend }) => [number, backend.address]));
    return [...slotsOf(config, servers)].map((number) => byNumber.get(number));
  };
  fc.assert(
    fc.property(history, history, weighted, fc.nat({ max: 7 }), (one, other, weights, turn) => {
      const wanted = addresses.map((backend, index) => {
        const [weight, drain] = weights[index] ?? [1, false];
        return { ...backend, weight, drain };
      });
      const turned = [...wanted.slice(turn), ...wanted.slice(0, turn)];
      expect(picked(configured(...wanted), one)).toEqual(picked(configured(...turned), other));
    }),
    { numRuns: 40 },
  );
});

test('each port of a range is a service, and an address is counted once', () => {
  const config = Config.parse({ slots: 251, services: [{ address: '2001:db8::80', port: '8000-8002', backends: [] }] });
  const { services = [], addresses = [] } = layOut(config, []);
  expect([...services].map(([{ port }]) => port)).toEqual([8000, 8001, 8002]);
  expect([...addresses]).toEqual([[{ address: '2001:db8::80' }, { services: 1 }]]);
});

test('services that change their places are told apart by address, protocol and port', () => {
  const services = (...ports: readonly number[]) =>
    Config.parse({ slots: 251, services: ports.map((port) => ({ address: '192.0.2.80', port, backends: [] })) });
  expect(movedServices(services(80, 81, 82), services(80, 82, 83))).toEqual(new Set([1, 2]));
  expect(movedServices(services(80, 81), services(80, 81, 82))).toEqual(new Set());
  expect(movedServices(services(80, 81), services(80))).toEqual(new Set([1]));
});
