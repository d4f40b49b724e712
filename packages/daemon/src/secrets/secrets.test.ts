import { ChainFile } from '@twinpath/api';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HIDDEN } from './secret-places.ts';
import { Secrets } from './secrets.ts';

const credentials = z.object({ user: z.string(), password: z.string().meta({ secret: true }) });
const schema = z
  .strictObject({
    agents: z.array(credentials),
    either: z
      .union([z.object({ kind: z.literal('key'), key: z.string().meta({ secret: true }) }), z.string()])
      .optional(),
    byName: z.record(z.string(), z.object({ token: z.string().meta({ secret: true }).optional() })).optional(),
  })
  .toJSONSchema({ io: 'input' });
const secrets = new Secrets(async (use) => {
  if (use !== 'balancer') throw new Error('it is gone');
  return schema;
});
const chain = (config: unknown, use = 'balancer') =>
  ChainFile.parse({ interface: 'eth0', functions: [{ use, config }] });
const config = (password: string, key: string, token: string) => ({
  agents: [{ user: 'ann', password }],
  either: { kind: 'key', key },
  byName: { one: { token }, __proto: {} },
});

describe('secrets of configurations', () => {
  it('are hidden by their places', async () => {
    expect(await secrets.hidden(chain(config('hunter22', 'k-e-y', 'token1')))).toEqual(
      chain(config(HIDDEN, HIDDEN, HIDDEN)),
    );
    expect(await secrets.hidden(chain({ agents: [] }))).toEqual(chain({ agents: [] }));
    expect(await secrets.hidden(chain(undefined))).toEqual(chain(undefined));
  });

  it('stay where they are not told again, and only there', async () => {
    const before = chain(config('hunter22', 'k-e-y', 'token1'));
    expect(await secrets.restored(chain(config(HIDDEN, 'another', HIDDEN)), before)).toEqual(
      chain(config('hunter22', 'another', 'token1')),
    );
    await expect(secrets.restored(chain(config(HIDDEN, 'x', 'y')), undefined)).rejects.toThrow(
      'balancer has no secret at /agents/0/password',
    );
    // Where no secret is, it is a text as any other.
    const user = chain({ agents: [{ user: HIDDEN, password: 'p' }] });
    expect(await secrets.restored(user, before)).toEqual(user);
  });

  it('are cut out of texts once they are known', async () => {
    await secrets.learn(chain(config('hunter22', 'k-e-y', 'tok')));
    expect(secrets.redact("agents[0].password is 'hunter22', and k-e-y tok")).toBe(
      `agents[0].password is '${HIDDEN}', and ${HIDDEN} tok`,
    );
  });

  it('are all of a configuration whose function cannot be looked at', async () => {
    expect(await secrets.hidden(chain({ any: 'thing' }, 'gone'))).toEqual(chain(HIDDEN, 'gone'));
  });
});
