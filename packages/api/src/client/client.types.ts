// What the compiler refuses of calls; never run.
import type { Client } from './client.ts';

export async function calls(client: Client): Promise<void> {
  const { data, etag } = await client.call('getChain', { params: { chain: 'edge' } });
  const port: string | undefined = data.interface;
  await client.call('putChain', {
    params: { chain: 'edge' },
    body: { interface: port },
    ...(etag && { ifMatch: etag }),
  });
  await client.call('putChain', { params: { chain: 'edge' }, yaml: 'interface: eth1', query: { dryRun: 'true' } });
  const { data: page } = await client.call('listRevisions', { query: { limit: 10 } });
  const [first] = page.revisions;
  const number: number | undefined = first?.revision;
  await client.call('rollback', { params: { revision: number ?? 0 } });
  for await (const event of client.events({ query: { chain: 'edge' } })) if (event.kind === 'log') event.text.trim();
  (await client.stream('capture', { params: { chain: 'edge', port: 'outside' } })).resume();

  // @ts-expect-error: there is no chain without a name
  await client.call('getChain');
  // @ts-expect-error: a stream is no JSON
  await client.call('events');
  // @ts-expect-error: nor the other way round
  await client.stream('getStatus');
  // @ts-expect-error: a body is needed
  await client.call('putChain', { params: { chain: 'edge' } });
}
