import { ip, logLine, notice, u16 } from '@twinpath/vnf';
import { type FunctionSpec, specOf } from '@twinpath/vnf/spec';
import { expect, test } from 'vitest';
import { inMemory, plan } from '../fixtures/tables.ts';
import type { HandlerTable } from '../slow-path/dispatcher.ts';
import { changeHandlers, handlersOf } from './handlers.ts';

const refused = specOf(
  logLine('refused {src} port {port}: {flow}', { metadata: { src: ip, port: u16, flow: u16 }, limit: '1/s' }),
);
const other = specOf(notice({ limit: '1/s' }));

function open(reasons: FunctionSpec['reasons'], given: unknown) {
  const lines: string[] = [];
  const log = { debug: () => {}, info: (text: string) => lines.push(text), warn: () => {}, error: () => {} };
  return { lines, handlers: handlersOf({ chain: 'c', name: 'f', spec: { reasons }, log }, given) };
}

function call(handlers: HandlerTable, reason: string, metadata: unknown) {
  const handler = handlers.get(reason);
  if (typeof handler === 'function') handler(metadata);
}

test('a log line is written with the values of its fields, without a handler', () => {
  const { lines, handlers } = open({ refused }, undefined);
  call(handlers, 'refused', { src: '10.0.0.1', port: 53, flow: { a: 1n, b: 'x' } });
  expect(lines).toEqual(['refused 10.0.0.1 port 53: {"a":"1","b":"x"}']);
});

test('all other reasons need a handler', () => {
  expect(() => open({ refused, other }, {})).toThrow('the slow path of f gives no handler for reason other');
  expect(() => open({ refused, other }, { other() {} })).not.toThrow();
  expect(() => open({ refused, other }, { other: { batch() {} } })).not.toThrow();
  expect(() => open({ refused, other }, { other: { batch: 5 } })).toThrow('no handler for reason other');
});

test('a table that tells of changes hears its own reason, with what is there', () => {
  const { live, tables } = inMemory();
  const told: unknown[] = [];
  tables.short.onChange((key, value) => void told.push([key, value]));
  tables.short.set({ id: 7 }, { n: 1 });
  const handlers = changeHandlers(plan, live);
  expect([...handlers.keys()]).toEqual(['short changed']);
  call(handlers, 'short changed', { key: { id: 7 } });
  call(handlers, 'short changed', { key: { id: 8 } });
  expect(told).toEqual([
    [{ id: 7 }, { n: 1 }],
    [{ id: 8 }, undefined],
  ]);
});
