import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { rememberLists } from './remember-lists.ts';

/** `parsed`: each element that the schema looked at. */
function listSchema() {
  const parsed = vi.fn();
  const element = z.object({
    port: z.int().max(99),
    to: z
      .array(z.string())
      .default(['all'])
      .transform((names) => {
        parsed();
        return names.join();
      }),
  });
  const schema = z
    .strictObject({ rules: z.array(element).min(1).default([]), name: z.string().optional() })
    .transform((config) => ({ ...config, count: config.rules.length }));
  rememberLists(schema);
  return { schema, parsed };
}

const rules = (count: number) => Array.from({ length: count }, (_, port) => ({ port: port % 100, to: [`n${port}`] }));

test('elements that are as they were are not looked at again, and come out as the same objects', () => {
  const { schema, parsed } = listSchema();
  const first = schema.parse({ rules: rules(100) });
  expect(parsed).toHaveBeenCalledTimes(100);
  parsed.mockClear();
  const other = { port: 7, to: ['x', 'y'] };
  const second = schema.parse({ rules: rules(100).with(40, other).with(60, other), name: 'a' });
  expect(parsed).toHaveBeenCalledTimes(2);
  expect(second).toEqual({
    rules: first.rules.with(40, { port: 7, to: 'x,y' }).with(60, { port: 7, to: 'x,y' }),
    name: 'a',
    count: 100,
  });
  expect(second.rules[99]).toBe(first.rules[99]);
});

test.for([
  ['in front', 0, 0, 3],
  ['in between', 50, 1, 2],
  ['at the end', 100, 0, 1],
  ['less', 30, 5, 0],
  ['less at the end', 90, 10, 0],
  ['all others', 0, 100, 80],
] as const)('a list with other elements %s is what the schema makes of it', ([, from, removed, inserted]) => {
  const { schema, parsed } = listSchema();
  schema.parse({ rules: rules(100) });
  parsed.mockClear();
  const others = rules(inserted).map(({ port }) => ({ port, to: [`other${port}`] }));
  const changed = rules(100).toSpliced(from, removed, ...others);
  const expected = changed.map(({ port, to }) => ({ port, to: to.join() }));
  expect(schema.parse({ rules: changed }).rules).toEqual(expected);
  expect(parsed).toHaveBeenCalledTimes(inserted);
});

test('an object that its owner has changed is looked at again', () => {
  const { schema } = listSchema();
  const given = rules(100);
  schema.parse({ rules: given });
  given[20]?.to.push('more');
  expect(schema.parse({ rules: given }).rules[20]).toEqual({ port: 20, to: 'n20,more' });
});

test('a list that its reader has changed is not what comes out the next time', () => {
  const { schema } = listSchema();
  schema.parse({ rules: rules(100) }).rules.length = 0;
  expect(schema.parse({ rules: rules(100) }).rules).toHaveLength(100);
});

test('what is wrong is named as ever, and forgotten', () => {
  const { schema } = listSchema();
  const before = schema.parse({ rules: rules(100) });
  const wrong = schema.safeParse({ rules: rules(100).with(70, { port: 100, to: [] }) });
  expect(wrong.error?.issues).toMatchObject([{ path: ['rules', 70, 'port'], code: 'too_big' }]);
  expect(schema.safeParse({ rules: [] }).error?.issues).toMatchObject([{ path: ['rules'], code: 'too_small' }]);
  expect(schema.parse({ rules: rules(100) })).toEqual(before);
});

test('elements that are no JSON are looked at each time', () => {
  const parsed = vi.fn();
  const schema = z.array(z.custom<() => void>().transform(() => parsed()));
  rememberLists(schema);
  const callback = () => undefined;
  for (let round = 0; round < 2; round++) schema.parse(Array(64).fill(callback));
  expect(parsed).toHaveBeenCalledTimes(128);
});

test('elements that take their time are waited for', async () => {
  const schema = z.array(z.string().transform(async (text) => text.length));
  rememberLists(schema);
  expect(await schema.parseAsync(Array(64).fill('four'))).toEqual(Array(64).fill(4));
});
