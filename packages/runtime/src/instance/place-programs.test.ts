import { importVnf } from '@twinpath/compiler';
import type { Placement } from '@twinpath/vnf/chain';
import { expect, test } from 'vitest';
import { compileHere } from '../compile/compile-here.ts';
import { PlacePrograms } from './place-programs.ts';

const imported = await importVnf(new URL('../fixtures/gate.vnf.ts', import.meta.url).pathname);
const END = { kind: 'end' } as const;
const placement = (position: number, entry: string): Placement => ({
  ...{ chain: 'c', function: 'gate', hook: 'xdp', direction: 'ingress' },
  ...{ position, entry, next: END, back: END, out: END, exits: {} },
});
const port = (name: string, ifindex: number) => ({ name, ifindex, namespace: undefined, hook: 'xdp' }) as const;
const ports = [port('a', 4), port('b', 5)];
const places = (...placements: Placement[]) => ({ placements, ports, beginnings: [], arrays: {} });
const rule = { action: 'drop' };
const [a, b] = [placement(1, 'a'), placement(2, 'b')];

const open = () =>
  new PlacePrograms({ plane: { cpus: 1, cpuNumbers: 1 }, compiler: compileHere(imported), seed: 1, key: 1 });
const classes = new Map();

test('programs stay where a configuration changes in what only `configure` reads', () => {
  const made = open();
  const first = made.compile(places(a, b), { config: { otherwise: 'allow', rules: [] }, classes }).programs;
  expect(first.map(({ position }) => position)).toEqual([1, 2]);
  const same = made.compile(places(a, b), { config: { otherwise: 'allow', rules: [rule] }, classes }).programs;
  expect(same[0]).toBe(first[0]);
  expect(same[1]).toBe(first[1]);
  const other = made.compile(places(a, b), { config: { otherwise: 'drop', rules: [rule] }, classes }).programs;
  expect(other[0]?.spec.code).not.toEqual(first[0]?.spec.code);
});

test('a place that is new is compiled with the configuration of now, and no other', () => {
  const made = open();
  const [before] = made.compile(places(a), { config: { otherwise: 'drop', rules: [] }, classes }).programs;
  const [stays, added] = made.compile(places(a, b), { config: { otherwise: 'drop', rules: [rule] }, classes }).programs;
  expect(stays).toBe(before);
  const [alone] = open().compile(places(b), { config: { otherwise: 'drop', rules: [rule] }, classes }).programs;
  expect(added?.spec.code).toEqual(alone?.spec.code);
});

test('other ports make other programs', () => {
  const made = open();
  const config = { otherwise: 'drop', rules: [] };
  const [before] = made.compile(places(a), { config, classes }).programs;
  const moved = { ...places(a), ports: [port('b', 5), port('a', 4)] };
  expect(made.compile(moved, { config, classes }).programs[0]).not.toBe(before);
});
