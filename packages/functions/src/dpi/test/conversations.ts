// Conversations such as there are on every network, one behind the other.
import { packetFromText } from '@twinpath/packet';
import { V1 } from '../classifiers/quic.ts';
import { clientHello } from './client-hello.ts';
import { cryptoFrame, initialPacket } from './quic-initial.ts';

const hex = (bytes: Uint8Array) => `hex ${Buffer.from(bytes).toString('hex')}`;
const said = (text: string) => hex(Buffer.from(text, 'latin1'));

/** The three packets that open a connection, and what each end says then. */
function tcp(ends: readonly [string, string], ports: readonly [number, number], turns: readonly string[]): string[] {
  const [there, back] = [
    `ip ${ends[0]} > ${ends[1]} / tcp ${ports[0]} > ${ports[1]}`,
    `ip ${ends[1]} > ${ends[0]} / tcp ${ports[1]} > ${ports[0]}`,
  ];
  const spoken = turns.map((turn, index) => {
    const [way, sequence, acknowledged] = index % 2 === 0 ? [there, 1001, 5001] : [back, 5001, 1500];
    return turn === '' ? '' : `${way} psh ack sequence ${sequence} acknowledgement ${acknowledged} / ${turn}`;
  });
  return [
    `${there} syn sequence 1000`,
    `${back} syn ack sequence 5000 acknowledgement 1001`,
    `${there} ack sequence 1001 acknowledgement 5001`,
    ...spoken.filter((text) => text !== ''),
  ];
}

const QUESTION = '12340100000100000000000003777777076578616d706c65036e65740000010001';
const [a, b, a6, b6] = ['198.51.100.5', '192.0.2.80', '2001:db8:c::5', '2001:db8::80'];

export async function conversations(): Promise<readonly Uint8Array[]> {
  const hello = await clientHello('www.example.net');
  const quicHello = (await clientHello('quic.example.net', ['h3'])).subarray(5);
  const destination = Buffer.from('0011223344556677', 'hex');
  const initial = initialPacket({ version: V1, destination, frames: cryptoFrame(0, quicHello) });
  const request = 'GET / HTTP/1.1\r\nHost: www.example.net\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n';
  const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
  const banner = said('SSH-2.0-OpenSSH_9.2p1\r\n');
  return [
    `ip ${a} > ${b} / udp 40001 > 53 / hex ${QUESTION}`,
    `ip ${a6} > ${b6} / udp 40001 > 53 / hex ${QUESTION}`,
    ...tcp([a, b], [40_002, 80], [said(request), said(answer)]),
    ...tcp([a6, b6], [40_003, 443], [hex(hello)]),
    ...tcp([a, b], [40_004, 22], ['', banner, banner]),
    `ip ${a} > ${b} / udp 40005 > 443 / ${hex(initial)}`,
    `eth / vlan 7 / ip ${a} > ${b} / udp 123 > 123 / hex 23${'00'.repeat(47)}`,
    `ip ${a} > ${b} / icmp echo-request id 7 sequence 1 / zeros 32`,
  ].map((text) => packetFromText(text));
}
