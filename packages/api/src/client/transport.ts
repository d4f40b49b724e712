// How requests reach a daemon.
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';

/** On this machine: its Unix socket. */
export interface SocketTarget {
  readonly socket: string;
}
export interface TcpTarget {
  /** `https://edge1.example:7443`. */
  readonly url: string;
  /** Of a token. */
  readonly secret?: string;
  /** PEM: whom to trust, instead of what the system trusts. */
  readonly ca?: string;
  /** PEM: who this is, for a daemon that asks for certificates. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}
export type Target = SocketTarget | TcpTarget;

export const DEFAULT_SOCKET = '/run/twinpath/twinpathd.sock';

export interface Outgoing {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export type Send = (outgoing: Outgoing) => Promise<IncomingMessage>;

export interface Transport extends Disposable {
  readonly send: Send;
  /** For messages. */
  readonly name: string;
}

export function openTransport(target: Target): Transport {
  if ('socket' in target) {
    const agent = new Agent({ keepAlive: true });
    const send: Send = (outgoing) =>
      answerOf(
        request({ ...outgoing, ...(outgoing.signal && { signal: outgoing.signal }), socketPath: target.socket, agent }),
        outgoing.body,
      );
    return { send, name: target.socket, [Symbol.dispose]: () => agent.destroy() };
  }
  const { url, secret, ca, certificate } = target;
  const agent = new TlsAgent({ keepAlive: true, ...(ca !== undefined && { ca }), ...certificate });
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const send: Send = ({ path, signal, headers, ...outgoing }) =>
    answerOf(
      tlsRequest(new URL(path, url), {
        ...outgoing,
        ...(signal && { signal }),
        headers: { ...headers, ...authorization },
        agent,
      }),
      outgoing.body,
    );
  return { send, name: url, [Symbol.dispose]: () => agent.destroy() };
}

function answerOf(outgoing: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
