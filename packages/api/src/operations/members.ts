// Functions in chains.
import { z } from 'zod';
import { change, changeQuery } from '../schemas/change.ts';
import { name } from '../schemas/names.ts';
import { functionStatistics } from '../schemas/statistics.ts';
import { tableList, tablePage, tableQuery } from '../schemas/tables.ts';
import { CHANGE_PROBLEMS } from './changes.ts';
import { json, operation } from './operation.ts';

const group = 'functions in chains';
const params = z.strictObject({ chain: name('chain'), function: name('function') });
const path = '/v1/chains/{chain}/functions/{function}';

/** As the function's schema takes it. */
const config = z.unknown();
/** JSON Pointer (RFC 6901) from the configuration's root: `/rules/3`; of an item that is new in a list, `/rules/-`. */
const pointer = z.string().min(1).max(1000).startsWith('/');
const item = z.strictObject({ pointer });

export const members = {
  getConfig: operation({
    id: 'getConfig',
    group,
    method: 'get',
    path: `${path}/config`,
    scope: 'read',
    summary: 'The configuration of a function, as it is wanted.',
    params,
    response: json(config),
    etag: true,
    problems: [404],
  }),
  putConfig: operation({
    id: 'putConfig',
    group,
    method: 'put',
    path: `${path}/config`,
    scope: 'write',
    summary: 'Replaces the configuration of a function. Packets see the old one or the new one.',
    params,
    query: changeQuery,
    body: { kind: 'document', schema: config },
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  patchConfig: operation({
    id: 'patchConfig',
    group,
    method: 'patch',
    path: `${path}/config`,
    scope: 'write',
    summary: 'Changes members of the configuration of a function.',
    params,
    query: changeQuery,
    body: { kind: 'merge-patch', schema: config },
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  getConfigItem: operation({
    id: 'getConfigItem',
    group,
    method: 'get',
    path: `${path}/config/item`,
    scope: 'read',
    summary: 'One place of the configuration of a function.',
    params,
    query: item,
    response: json(config),
    etag: true,
    problems: [404],
  }),
  putConfigItem: operation({
    id: 'putConfigItem',
    group,
    method: 'put',
    path: `${path}/config/item`,
    scope: 'write',
    summary: 'Puts a value to one place of the configuration of a function.',
    params,
    query: item.extend(changeQuery.shape),
    body: json(config),
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  deleteConfigItem: operation({
    id: 'deleteConfigItem',
    group,
    method: 'delete',
    path: `${path}/config/item`,
    scope: 'write',
    summary: 'Removes one place of the configuration of a function.',
    params,
    query: item.extend(changeQuery.shape),
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  getFunctionStatistics: operation({
    id: 'getFunctionStatistics',
    group,
    method: 'get',
    path: `${path}/statistics`,
    scope: 'read',
    summary: 'Counters of a function in a chain.',
    params,
    response: json(functionStatistics),
    problems: [404, 409],
  }),
  listTables: operation({
    id: 'listTables',
    group,
    method: 'get',
    path: `${path}/tables`,
    scope: 'read',
    summary: 'The tables of a function in a chain.',
    params,
    response: json(tableList),
    problems: [404, 409],
  }),
  getTable: operation({
    id: 'getTable',
    group,
    method: 'get',
    path: `${path}/tables/{table}`,
    scope: 'read',
    summary: 'What a table holds, page by page.',
    params: params.extend({
      table: z
        .string()
        .regex(/^[\w-]+(\.[\w-]+)?$/)
        .max(127),
    }),
    query: tableQuery,
    response: json(tablePage),
    problems: [404, 409],
  }),
  operate: operation({
    id: 'operate',
    group,
    method: 'post',
    path: `${path}/operations/{operation}`,
    scope: 'write',
    summary: 'Runs an operation that the function declares.',
    params: params.extend({
      operation: z
        .string()
        .regex(/^[\w-]+$/)
        .max(63),
    }),
    body: json(z.unknown()),
    response: json(z.object({ result: z.unknown() })),
    problems: [404, 409],
  }),
};
