import type { Finding } from './classifiers/index.ts';
import type { Application } from './config.ts';

/** The first of one's own applications that serves under the name which was asked for. */
export function ownApplication(applications: readonly Application[], { server }: Finding): Application | undefined {
  if (server === undefined) return undefined;
  return applications.find(({ servers }) => servers.some((pattern) => isUnder(server, pattern.toLowerCase())));
}

function isUnder(server: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return server === pattern;
  const domain = pattern.slice(2);
  return server === domain || server.endsWith(`.${domain}`);
}
