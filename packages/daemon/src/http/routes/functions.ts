import { operations } from '@twinpath/api';
import type { Caller } from '../../access/caller.ts';
import { functionKey } from '../../control/plan.ts';
import { conflict, notFound, RefusedError, unprocessable } from '../../control/refusal.ts';
import { contentHash } from '../../functions/catalogue.ts';
import type { Uploaded } from '../../functions/uploaded.ts';
import { type Route, route } from '../route.ts';
import { changed } from './change.ts';
import type { Services } from './services.ts';

export function functionRoutes({ control, catalogue }: Services): readonly Route[] {
  return [
    route(operations.listFunctions, async () => ({
      data: { functions: await catalogue.list(control.plan.functions) },
    })),

    route(operations.getFunction, async ({ params }) => ({
      data: await catalogue.info(params.function, control.plan.functions),
    })),

    route(operations.uploadFunction, async (asked) => {
      const { caller, body, params } = asked;
      const { function: name } = params;
      requireCode(caller);
      if (catalogue.isOfLibrary(name)) {
        throw conflict('TP_NAME', `the library has a function ${name}`, 'give yours another name');
      }
      const hash = contentHash(body.content);
      const upload: Uploaded = { ...body, hash, at: new Date().toISOString(), by: caller.by };
      const { info } = await catalogue.look(name, upload);
      if (info.name !== name) {
        throw unprocessable(
          'TP_NAME',
          `the function calls itself ${info.name}`,
          [],
          `upload it as /v1/functions/${info.name}`,
        );
      }
      return changed(control, asked, functionKey(name), ({ documents }) => {
        const present = documents.get(functionKey(name))?.value;
        // The same once more is no change.
        const isSame = typeof present === 'object' && present !== null && 'hash' in present && present.hash === hash;
        return new Map([[functionKey(name), isSame ? present : upload]]);
      });
    }),

    route(operations.deleteFunction, (asked) => {
      const { function: name } = asked.params;
      requireCode(asked.caller);
      return changed(control, asked, functionKey(name), ({ documents }) => {
        if (!documents.has(functionKey(name))) throw notFound(`nobody has uploaded a function ${name}`);
        return new Map([[functionKey(name), undefined]]);
      });
    }),
  ];
}

function requireCode({ mayBringCode }: Caller): void {
  if (mayBringCode) return;
  const hint = 'do it over the Unix socket, or let `tcp.uploads` of the settings allow it';
  throw new RefusedError({
    status: 403,
    code: 'TP_SCOPE',
    detail: 'functions run with the daemon’s power, and come over the Unix socket alone',
    hint,
  });
}
