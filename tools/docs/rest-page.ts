// docs/reference/rest.md: all that can be asked of a daemon, from the table of operations.
import { type Operation, openApi, operations } from '@twinpath/api';
import { cell, schemaRows } from './schema-rows.ts';

const HEAD = `# REST

The daemon serves this on its Unix socket, and by TLS where that is configured ([security](../guides/security.md)). The same as OpenAPI 3.1,
with the schemas of all functions: \`GET /v1/openapi.json\` (\`twinpath get openapi\`). \`@twinpath/api\` is a typed client.

\`\`\`
curl --unix-socket /run/twinpath/twinpathd.sock http://localhost/v1/status
\`\`\`

- A change is a transaction over the whole document: all of it, or nothing. \`confirm=60\` takes it back after so many seconds
  unless it is confirmed.
- \`dryRun=true\` says what would change, and asks the host without changing it: interfaces, namespaces, programs of others, privileges, features of the kernel.
  It is refused as the change would be, with all that speaks against it, or answers at which hook packets would meet each chain. Ports are there when a
  chain starts, also those with \`whenGone: wait\`.
- What has an ETag takes \`If-Match\` (412 if somebody else was first) and \`If-None-Match\`.
- Bodies are JSON; whole documents and chains also YAML (\`application/yaml\`), patches RFC 7396 (\`application/merge-patch+json\`).
- Errors are \`application/problem+json\`: \`code\`, \`detail\`, \`hint\`, and for each fault a JSON pointer or a line of the YAML. Any operation can answer
  400, 401, 403 and 429, one with a body also 413, 415 and 422.
- Scopes: \`read\` < \`write\` < \`admin\`.

This page is made by \`npm run docs\` from \`packages/api/src/operations\`; a test holds it to the code.
`;

export function restPage(): string {
  const all = Object.values<Operation>(operations);
  const groups = [...new Set(all.map(({ group }) => group))];
  const chapters = groups.map(
    (group) =>
      `\n## ${group}\n${all
        .filter((one) => one.group === group)
        .map(section)
        .join('')}`,
  );
  return `${HEAD}${chapters.join('')}\n## Schemas\n${schemas()}`;
}

function section({
  id,
  method,
  path,
  scope,
  summary,
  query,
  body,
  response,
  etag = false,
  problems,
}: Operation): string {
  const answer = response.kind === 'stream' ? response.mediaType : `JSON${etag ? ', with an ETag' : ''}`;
  const facts = [
    `scope \`${scope}\``,
    ...(query === undefined
      ? []
      : [
          `parameters ${Object.keys(query.shape)
            .map((name) => `\`${name}\``)
            .join(', ')}`,
        ]),
    ...(body === undefined ? [] : [`body: ${body.kind}`]),
    `answers ${answer}`,
    ...(problems.length === 0 ? [] : [`problems ${problems.join(', ')}`]),
  ];
  return `\n### \`${method.toUpperCase()} ${path}\`\n\n${summary} \`${id}\`; ${facts.join('; ')}.\n`;
}

/** Those that have names. */
function schemas(): string {
  const { components } = Object(openApi('', []));
  return Object.entries(Object(components).schemas)
    .map(([name, schema]) => {
      const rows = schemaRows(Object(schema)).map(
        ({ path, type, required }) => `| \`${path}\` | ${cell(type)} | ${required ? 'required' : ''} |\n`,
      );
      return rows.length === 0 ? '' : `\n### ${name}\n\n| member | type | |\n|---|---|---|\n${rows.join('')}`;
    })
    .join('');
}
