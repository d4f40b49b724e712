// Functions that chains can use.
import { z } from 'zod';
import { change, changeQuery } from '../schemas/change.ts';
import { functionInfo, functionList, upload } from '../schemas/functions.ts';
import { name } from '../schemas/names.ts';
import { CHANGE_PROBLEMS } from './changes.ts';
import { json, operation } from './operation.ts';

const group = 'functions';
const params = z.strictObject({ function: name('function') });

export const functions = {
  listFunctions: operation({
    id: 'listFunctions',
    group,
    method: 'get',
    path: '/v1/functions',
    scope: 'read',
    summary: 'Functions that chains can use.',
    response: json(functionList),
    problems: [],
  }),
  getFunction: operation({
    id: 'getFunction',
    group,
    method: 'get',
    path: '/v1/functions/{function}',
    scope: 'read',
    summary: 'What follows from a declaration: schema of the configuration, tables, counters, operations.',
    params,
    response: json(functionInfo),
    problems: [404],
  }),
  uploadFunction: operation({
    id: 'uploadFunction',
    group,
    method: 'put',
    path: '/v1/functions/{function}',
    scope: 'admin',
    summary:
      "Brings a function of one's own, which runs with the daemon's power; chains that use it go on with the new version.",
    params,
    query: changeQuery,
    body: json(upload),
    response: json(change),
    problems: [403, ...CHANGE_PROBLEMS],
  }),
  deleteFunction: operation({
    id: 'deleteFunction',
    group,
    method: 'delete',
    path: '/v1/functions/{function}',
    scope: 'admin',
    summary: 'Forgets a function that was uploaded, and that no chain uses.',
    params,
    query: changeQuery,
    response: json(change),
    problems: [403, 404, ...CHANGE_PROBLEMS],
  }),
};
