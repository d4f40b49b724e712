import { z } from 'zod';
import { ChainFile } from '../chain-file.ts';
import { change, changeQuery } from '../schemas/change.ts';
import { patch } from '../schemas/document.ts';
import { name } from '../schemas/names.ts';
import { chainStatistics } from '../schemas/statistics.ts';
import { chainStatus } from '../schemas/status.ts';
import { CHANGE_PROBLEMS } from './changes.ts';
import { json, operation } from './operation.ts';

const group = 'chains';
const params = z.strictObject({ chain: name('chain') });

export const chains = {
  listChains: operation({
    id: 'listChains',
    group,
    method: 'get',
    path: '/v1/chains',
    scope: 'read',
    summary: 'Chains that are wanted, and how they are here.',
    response: json(z.object({ chains: z.array(chainStatus) })),
    problems: [],
  }),
  getChain: operation({
    id: 'getChain',
    group,
    method: 'get',
    path: '/v1/chains/{chain}',
    scope: 'read',
    summary: 'A chain, as it is wanted.',
    params,
    response: json(ChainFile),
    etag: true,
    problems: [404],
  }),
  putChain: operation({
    id: 'putChain',
    group,
    method: 'put',
    path: '/v1/chains/{chain}',
    scope: 'write',
    summary: 'Makes or replaces a chain. Tables of functions that stay are kept.',
    params,
    query: changeQuery,
    body: { kind: 'document', schema: ChainFile },
    response: json(change),
    etag: true,
    problems: CHANGE_PROBLEMS,
  }),
  patchChain: operation({
    id: 'patchChain',
    group,
    method: 'patch',
    path: '/v1/chains/{chain}',
    scope: 'write',
    summary: 'Changes members of a chain.',
    params,
    query: changeQuery,
    body: { kind: 'merge-patch', schema: patch },
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  deleteChain: operation({
    id: 'deleteChain',
    group,
    method: 'delete',
    path: '/v1/chains/{chain}',
    scope: 'write',
    summary: 'Takes a chain off the host.',
    params,
    query: changeQuery,
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  getChainStatus: operation({
    id: 'getChainStatus',
    group,
    method: 'get',
    path: '/v1/chains/{chain}/status',
    scope: 'read',
    summary: 'How a chain is on this node.',
    params,
    response: json(chainStatus),
    problems: [404],
  }),
  getChainStatistics: operation({
    id: 'getChainStatistics',
    group,
    method: 'get',
    path: '/v1/chains/{chain}/statistics',
    scope: 'read',
    summary: 'Counters of a chain, function by function.',
    params,
    response: json(chainStatistics),
    problems: [404, 409],
  }),
  capture: operation({
    id: 'capture',
    group,
    method: 'get',
    path: '/v1/chains/{chain}/ports/{port}/capture',
    scope: 'admin',
    summary: 'Packets of a port as they come, as a capture file; those that XDP drops are not seen, as with tcpdump.',
    params: params.extend({ port: z.string().min(1).max(63) }),
    query: z.strictObject({
      /** Ends after so many. */
      packets: z.coerce.number<number | string>().int().min(1).max(1_000_000).exactOptional(),
      seconds: z.coerce.number<number | string>().int().min(1).max(3600).exactOptional(),
      /** Bytes of each packet. */
      snap: z.coerce.number<number | string>().int().min(14).max(262_144).exactOptional(),
    }),
    response: { kind: 'stream', mediaType: 'application/vnd.tcpdump.pcap' },
    problems: [404, 409],
  }),
};
