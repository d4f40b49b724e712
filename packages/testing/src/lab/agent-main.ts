// Runs inside a host's namespace, on request of the lab (agent.ts). Ends with the lab's process.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { connect, createServer as createTcpServer, isIPv6 } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type {
  AgentReply,
  AgentRequest,
  FetchRequest,
  Numbered,
  SendRequest,
  ServeEchoRequest,
  ServeHttpRequest,
} from './agent-protocol.ts';

process.on('disconnect', () => process.exit(0));
process.on('message', (asked: Numbered<AgentRequest>) => {
  answer(asked.message).then(
    (message) => reply(asked.number, message),
    (error: unknown) => reply(asked.number, { ok: false, error: nameOf(error) }),
  );
});

function reply(number: number, message: AgentReply): void {
  process.send?.({ number, message } satisfies Numbered<AgentReply>);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function answer(request: AgentRequest): Promise<AgentReply> {
  switch (request.kind) {
    case 'fetch':
      return fetched(request);
    case 'tcp':
      return overTcp(request);
    case 'udp':
      return overUdp(request);
    case 'serve http':
      return serveHttp(request);
    case 'serve echo':
      return serveEcho(request);
  }
}

/** One connection for each request, so that each is a flow of its own. */
async function fetched({ url, source, sourcePort, timeout }: FetchRequest): Promise<AgentReply> {
  const signal = AbortSignal.timeout(timeout);
  const request = httpRequest(url, {
    agent: false,
    signal,
    ...(source !== undefined && { localAddress: source }),
    ...(sourcePort !== undefined && { localPort: sourcePort }),
  });
  const response = once(request, 'response');
  request.end();
  const [message] = await response;
  const bytes = await buffer(message);
  return { ok: true, status: message.statusCode, bytes };
}

async function overTcp({ address, port, data, source, sourcePort, timeout }: SendRequest): Promise<AgentReply> {
  const signal = AbortSignal.timeout(timeout);
  const socket = connect({
    host: address,
    port,
    ...(source !== undefined && { localAddress: source }),
    ...(sourcePort !== undefined && { localPort: sourcePort }),
  });
  try {
    await once(socket, 'connect', { signal });
    socket.write(data);
    const chunks: Buffer[] = [];
    for (let received = 0; received < data.length; ) {
      const [chunk] = await once(socket, 'data', { signal });
      chunks.push(chunk);
      received += chunk.length;
    }
    return { ok: true, bytes: Buffer.concat(chunks) };
  } finally {
    socket.destroy();
  }
}

async function overUdp({ address, port, data, source, sourcePort, timeout }: SendRequest): Promise<AgentReply> {
  const signal = AbortSignal.timeout(timeout);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await bound(socket, sourcePort ?? 0, source);
    // A connected socket hears of ICMP errors about what it sent.
    socket.connect(port, address);
    await once(socket, 'connect', { signal });
    const received = once(socket, 'message', { signal });
    socket.send(data);
    const [bytes] = await received;
    return { ok: true, bytes };
  } finally {
    socket.close();
  }
}

async function bound(socket: Socket, port: number, address?: string): Promise<void> {
  socket.bind(port, address);
  await once(socket, 'listening');
}

async function serveHttp({ port, file }: ServeHttpRequest): Promise<AgentReply> {
  const body = readFileSync(file);
  const server = createServer((_, response) => response.end(body));
  server.listen(port, '::');
  await once(server, 'listening');
  return { ok: true };
}

async function serveEcho({ tcp, udp }: ServeEchoRequest): Promise<AgentReply> {
  if (tcp !== undefined) {
    const server = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
    server.listen(tcp, '::');
    await once(server, 'listening');
  }
  if (udp !== undefined) {
    for (const type of ['udp4', 'udp6'] as const) {
      const socket = createSocket({ type, ipv6Only: type === 'udp6' });
      // Answers that no one takes back come as errors of the socket.
      socket.on('error', () => {});
      socket.on('message', (message, { port, address }) => socket.send(message, port, address));
      await bound(socket, udp);
    }
  }
  return { ok: true };
}
