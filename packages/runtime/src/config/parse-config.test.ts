import { net, next, vnf } from '@twinpath/vnf';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';

const spec = vnf({
  name: 'gate',
  config: z.strictObject({
    otherwise: z.enum(['drop', 'allow']).default('drop'),
    rules: z.array(z.object({ from: net.prefix(), port: net.portNumber().optional() })).default([]),
    size: z.number().min(1).max(9).default(5),
  }),
  fastPath: () => next,
});

async function problems(config: unknown) {
  const error: unknown = await parseConfig('edge', spec, config).catch((thrown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error('it was not refused');
  return error;
}

test('a configuration comes out with its defaults', async () => {
  const parsed = { otherwise: 'drop', rules: [], size: 5 };
  expect(await parseConfig('edge', spec, undefined)).toEqual(parsed);
  expect(await parseConfig('edge', spec, { rules: [{ from: '10.0.0.0/8' }] })).toEqual({
    ...parsed,
    rules: [{ from: '10.0.0.0/8' }],
  });
});

test.for([
  [{ otherwise: 'x' }, ['otherwise'], "otherwise is 'x'", "one of 'drop', 'allow'"],
  [{ rules: 5 }, ['rules'], 'rules is 5', 'an array'],
  [{ rules: [{}] }, ['rules', 0, 'from'], /^rules\[0\]\.from/, /./],
  [{ rules: [{ from: '10.0.0.1/8' }] }, ['rules', 0, 'from'], /bits behind the prefix are set/, /10\.0\.0\.0\/8/],
  [{ size: 10 }, ['size'], 'size is 10', 'at most 9'],
  [{ sise: 1 }, ['sise'], /sise/, /./],
] as const)('%j is refused, with its place and what would be right', async ([config, path, wrong, right]) => {
  const error = await problems(config);
  expect(error.problems).toHaveLength(1);
  const [problem] = error.problems;
  expect(problem?.path).toEqual(path);
  expect(problem?.wrong).toMatch(wrong);
  expect(problem?.right).toMatch(right);
  expect(error.message).toMatch(/^configuration of function edge: /);
});

test('all that is wrong is told', async () => {
  const error = await problems({ otherwise: 1, size: 0 });
  expect(error.problems.map(({ path }) => path)).toEqual([['otherwise'], ['size']]);
  expect(error.message).toMatch(/ \(and 1 more\)$/);
});

test('a function without configuration takes none', async () => {
  const bare = vnf({ name: 'bare', fastPath: () => next });
  expect(await parseConfig('edge', bare, {})).toEqual({});
  await expect(parseConfig('edge', bare, { a: 1 })).rejects.toThrow(
    'configuration of function edge: the function takes no configuration',
  );
});
