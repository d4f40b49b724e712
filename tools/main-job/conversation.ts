// One HTTP request as it was recorded (record.ts), with other addresses and ports.
import { readFileSync } from 'node:fs';
import { packetFromText } from '@twinpath/packet';

export const RECORDED = new URL('recorded.txt', import.meta.url);

export interface Ends {
  readonly source: string;
  readonly sourcePort: number;
  readonly server: string;
  readonly port: number;
}

export interface Said {
  readonly by: 'client' | 'server';
  readonly frame: Uint8Array;
}

interface Line {
  readonly family: 'IPv4' | 'IPv6';
  readonly by: Said['by'];
  readonly text: string;
}

const PLACE = /ip \S+ > \S+(.*?)\/ tcp \d+ > \d+/;

/** In order. */
export function readConversation(): (ends: Ends) => readonly Said[] {
  const lines = readFileSync(RECORDED, 'utf8').trimEnd().split('\n').map(readLine);
  return ({ source, sourcePort, server, port }) => {
    const family = source.includes(':') ? 'IPv6' : 'IPv4';
    const [client, other] = [
      { address: source, port: sourcePort },
      { address: server, port },
    ];
    return lines
      .filter((line) => line.family === family)
      .map(({ by, text }) => {
        const [from, to] = by === 'client' ? [client, other] : [other, client];
        const place = (_: string, between: string) =>
          `ip ${from.address} > ${to.address}${between}/ tcp ${from.port} > ${to.port}`;
        return { by, frame: packetFromText(text.replace(PLACE, place)) };
      });
  };
}

/** @throws Error for what no recording has written */
function readLine(line: string): Line {
  const [, family, by, text] = /^(IPv[46]) (client|server): (.*)$/.exec(line) ?? [];
  if ((family !== 'IPv4' && family !== 'IPv6') || (by !== 'client' && by !== 'server') || text === undefined) {
    throw new Error(`${RECORDED.pathname}: this is nothing recorded: ${line}`);
  }
  return { family, by, text };
}
