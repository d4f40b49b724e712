// Schemas that have a name in the OpenAPI document.
import type { z } from 'zod';
import { ChainFile } from '../chain-file.ts';
import { audit, auditRecord, issuedToken, newToken, token, tokenList } from '../schemas/access.ts';
import { change, history, revision, revisionDetails } from '../schemas/change.ts';
import { document } from '../schemas/document.ts';
import { event } from '../schemas/events.ts';
import { functionInfo, functionList, functionSummary, tableInfo, upload } from '../schemas/functions.ts';
import { problem } from '../schemas/problem.ts';
import { chainStatistics, functionStatistics } from '../schemas/statistics.ts';
import { chainStatus, nodes, status } from '../schemas/status.ts';
import { tableList, tablePage } from '../schemas/tables.ts';

export const NAMED: Readonly<Record<string, z.ZodType>> = {
  Audit: audit,
  AuditRecord: auditRecord,
  Chain: ChainFile,
  ChainStatistics: chainStatistics,
  ChainStatus: chainStatus,
  Change: change,
  Document: document,
  Event: event,
  Function: functionInfo,
  FunctionList: functionList,
  FunctionStatistics: functionStatistics,
  FunctionSummary: functionSummary,
  History: history,
  IssuedToken: issuedToken,
  NewToken: newToken,
  Nodes: nodes,
  Problem: problem,
  Revision: revision,
  RevisionDetails: revisionDetails,
  Status: status,
  TableInfo: tableInfo,
  TableList: tableList,
  TablePage: tablePage,
  Token: token,
  TokenList: tokenList,
  Upload: upload,
};
