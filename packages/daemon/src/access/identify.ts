import { RefusedError } from '../control/refusal.ts';
import type { Settings } from '../settings.ts';
import type { Accounts } from './accounts.ts';
import type { Caller, Connection } from './caller.ts';
import type { Tokens } from './tokens.ts';

export interface Known {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly settings: Pick<Settings, 'tcp'>;
}

/** Who asks: by the kernel's word, by a certificate, or by a token. @throws RefusedError (401, 403) */
export function identify(
  connection: Connection,
  authorization: string | undefined,
  { accounts, tokens, settings }: Known,
): Caller {
  if (connection.kind === 'socket') {
    const scope = accounts.scopeOf(connection);
    const by = `uid:${connection.uid}`;
    if (scope !== undefined) return { by, from: 'socket', scope, mayBringCode: scope === 'admin' };
    const hint = 'name the user or a group of theirs below `socket` in the settings of the daemon';
    throw new RefusedError({ status: 403, code: 'TP_SCOPE', detail: `user ${connection.uid} has no scope`, hint });
  }
  const { address: from, certificate } = connection;
  const uploads = settings.tcp?.uploads === true;
  const secret = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1];
  if (secret !== undefined) {
    const token = tokens.find(secret);
    if (token === undefined) throw unknown('the token is not known, or not any more');
    return { by: `token:${token.name}`, from, scope: token.scope, mayBringCode: uploads && token.scope === 'admin' };
  }
  const scopes = settings.tcp?.certificates ?? {};
  const scope = certificate !== undefined && Object.hasOwn(scopes, certificate) ? scopes[certificate] : undefined;
  if (scope === undefined)
    throw unknown(certificate === undefined ? 'nobody says who asks' : `no scope is given to ${certificate}`);
  return { by: `certificate:${certificate}`, from, scope, mayBringCode: uploads && scope === 'admin' };
}

const unknown = (detail: string) =>
  new RefusedError({
    status: 401,
    code: 'TP_UNKNOWN',
    detail,
    hint: 'send `Authorization: Bearer <secret of a token>`',
  });
