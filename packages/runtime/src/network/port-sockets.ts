import type { Socket as UdpSocket } from 'node:dgram';
import { type IncomingMessage, request } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { Readable } from 'node:stream';
import { connectIn, udpIn } from '@twinpath/linux';
import type { FetchOptions, Ip, Sockets } from '@twinpath/vnf';
import { Echo } from './echo.ts';
import type { NetworkOptions } from './live-network.ts';

const HTTP_PORT = 80;
/** Answers without a body, which a Response must not be given either. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Sockets of one function, where its first port is; closed with it. */
export class PortSockets implements Sockets, Disposable {
  readonly #options: NetworkOptions;
  readonly #open = new Set<Disposable>();
  readonly #echo: Echo;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#echo = new Echo(options);
  }

  connect(address: Ip, port: number): TcpSocket {
    const socket = connectIn(this.#options.namespace(), address, port);
    const close = { [Symbol.dispose]: () => void socket.destroy() };
    this.#open.add(close);
    return socket.once('close', () => this.#open.delete(close));
  }

  udp(version: 4 | 6): UdpSocket {
    const socket = udpIn(this.#options.namespace(), version);
    const close = { [Symbol.dispose]: () => void socket.close() };
    this.#open.add(close);
    return socket.once('close', () => this.#open.delete(close));
  }

  fetch(url: string, { method = 'GET', headers = {}, body, signal }: FetchOptions = {}): Promise<Response> {
    const { protocol, hostname, port } = new URL(url);
    if (protocol !== 'http:') throw new RangeError(`${url}: only http is spoken here`);
    const address = hostname.replace(/^\[|\]$/g, '');
    const createConnection = () => this.connect(address, port === '' ? HTTP_PORT : Number(port));
    return new Promise((resolve, reject) => {
      const options = { method, headers, createConnection, ...(signal && { signal }) };
      request(url, options, (answer) => resolve(responseOf(answer)))
        .on('error', reject)
        .end(body);
    });
  }

  echo(...question: Parameters<Sockets['echo']>): Promise<number | undefined> {
    return this.#echo.ask(...question);
  }

  [Symbol.dispose](): void {
    for (const one of this.#open) one[Symbol.dispose]();
    this.#echo[Symbol.dispose]();
  }
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', headersDistinct } = answer;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const body = WITHOUT_BODY.has(status) ? null : Readable.toWeb(answer);
  return new Response(body, { status, statusText, headers });
}
