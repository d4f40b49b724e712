import { chains } from './chains.ts';
import { changes } from './changes.ts';
import { daemon } from './daemon.ts';
import { functions } from './functions.ts';
import { members } from './members.ts';

/** All that can be asked of a daemon, by the name of the client's method and of OpenAPI's `operationId`. */
export const operations = { ...chains, ...members, ...changes, ...functions, ...daemon };
export type OperationName = keyof typeof operations;
