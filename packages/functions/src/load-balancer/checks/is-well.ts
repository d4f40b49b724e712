// Whether a backend is well, in the words of its service's check.
import { request } from 'node:https';
import { connect as secured } from 'node:tls';
import type { Sockets } from '@twinpath/vnf';
import type { Check } from './config.ts';
import { answersName } from './dns.ts';
import { hostOf, loadFunction, type Target } from './target.ts';

/** What goes wrong while asking is an answer: clients could not be served either. */
export async function isWell(check: Check, target: Target, sockets: Sockets): Promise<boolean> {
  try {
    return await ask(check, target, sockets);
  } catch (error) {
    // A check that can never be done is a mistake of its author, and no state of the backend.
    if (check.type === 'module' && !target.signal.aborted) throw error;
    return false;
  }
}

async function ask(check: Check, target: Target, sockets: Sockets): Promise<boolean> {
  switch (check.type) {
    case 'tcp':
      return accepts(sockets, target);
    case 'http':
    case 'https':
      return check.status.includes(await statusOf(check, target, sockets));
    case 'icmp':
      return (await sockets.echo(target.address, { within: `${check.within} ns` })) !== undefined;
    case 'dns':
      return answersName(sockets, target, check.name);
    case 'module':
      return (await (await loadFunction(check.file))(target)) === true;
  }
}

function accepts(sockets: Sockets, { address, port, signal }: Target): Promise<boolean> {
  const socket = sockets.connect(address, port);
  const accepted = new Promise<boolean>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
    socket.on('error', () => resolve(false)).on('connect', () => resolve(true));
  });
  return accepted.finally(() => socket.destroy());
}

type HttpCheck = Extract<Check, { type: 'http' | 'https' }>;

async function statusOf(check: HttpCheck, target: Target, sockets: Sockets): Promise<number> {
  const { path, host, verify } = check;
  const headers = { connection: 'close', ...(host !== undefined && { host }) };
  if (check.type === 'http') {
    const { signal } = target;
    const answer = await sockets.fetch(`http://${hostOf(target)}${path}`, { headers, signal });
    await answer.body?.cancel();
    return answer.status;
  }
  const { address, port, signal } = target;
  const createConnection = () =>
    secured({
      socket: sockets.connect(address, port),
      rejectUnauthorized: verify,
      ...(host !== undefined && { servername: host }),
    });
  return new Promise((resolve, reject) => {
    request(`https://${hostOf(target)}${path}`, { headers, signal, createConnection }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
