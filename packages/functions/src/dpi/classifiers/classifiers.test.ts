import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientHello } from '../test/client-hello.ts';
import { cryptoFrame, initialPacket } from '../test/quic-initial.ts';
import { type ClientHello, ja4, parseClientHello } from './client-hello.ts';
import { builtIn, type Finding, type Talk } from './index.ts';
import { initialKeys, V1, V2 } from './quic.ts';

const NONE = new Uint8Array(0);
interface Heard {
  readonly client?: Uint8Array | string;
  readonly server?: Uint8Array | string;
  readonly ports?: readonly [number, number];
}
const bytesOf = (said: Uint8Array | string = NONE) => (typeof said === 'string' ? Buffer.from(said, 'latin1') : said);
const tcp = ({ client, server, ports = [40_000, 9999] }: Heard): Talk => ({
  client: { port: ports[0], stream: bytesOf(client), datagrams: [] },
  server: { port: ports[1], stream: bytesOf(server), datagrams: [] },
});
const udp = (datagrams: readonly Uint8Array[], ports: readonly [number, number] = [40_000, 9999]): Talk => ({
  client: { port: ports[0], stream: NONE, datagrams },
  server: { port: ports[1], stream: NONE, datagrams: [] },
});

/** Of all classifiers: what the first one finds; else whether one waits for more. */
function ask(transport: 'tcp' | 'udp', talk: Talk): Finding | 'more' | 'no' {
  const answers = builtIn.filter((one) => one.transport === transport).map((one) => one.classify(talk));
  return answers.find((answer) => typeof answer === 'object') ?? (answers.includes('more') ? 'more' : 'no');
}
const handshake = (record: Uint8Array) => record.subarray(5);
const body = (record: Uint8Array) => record.subarray(9);

/** The example of FoxIO's description of JA4. */
const CHROME: ClientHello = {
  version: 0x0304,
  ciphers: [
    ...[0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014],
    ...[0x009c, 0x009d, 0x002f, 0x0035],
  ],
  extensions: [
    ...[0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b],
    ...[0xff01, 0x000b, 0x000a, 0x0015],
  ],
  signatures: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
  server: 'example.com',
  alpn: ['h2', 'http/1.1'],
};

describe('JA4', () => {
  it('is the one that its description gives for Chrome', () => {
    expect(ja4(CHROME, 't')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });
  it('says what is missing', () => {
    const bare = { version: 0x0301, ciphers: [], extensions: [], signatures: [], server: undefined, alpn: [] };
    expect(ja4(bare, 'q')).toBe('q10i000000_000000000000_000000000000');
  });
  it('does not depend on the order of ciphers and extensions', () => {
    const turned = { ...CHROME, ciphers: CHROME.ciphers.toReversed(), extensions: CHROME.extensions.toReversed() };
    expect(ja4(turned, 't')).toBe(ja4(CHROME, 't'));
  });
});

describe('TLS', () => {
  it('is told by its ClientHello, with the name of the server', async () => {
    const found = ask('tcp', tcp({ client: await clientHello('WWW.Example.com') }));
    expect(found).toMatchObject({ application: 'TLS', server: 'www.example.com' });
    expect(found).toHaveProperty('fingerprint', expect.stringMatching(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/));
  });
  it('waits for the rest of a ClientHello, wherever it is cut', async () => {
    const hello = await clientHello('example.com');
    for (let length = 1; length < hello.length; length += 7) {
      expect(ask('tcp', tcp({ client: hello.subarray(0, length) }))).toBe('more');
    }
  });
  it('puts a ClientHello together that is cut into records', async () => {
    const message = handshake(await clientHello('example.com'));
    const records = [message.subarray(0, 3), message.subarray(3, 100), message.subarray(100)].map((piece) =>
      Buffer.concat([Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 0xff]), piece]),
    );
    expect(ask('tcp', tcp({ client: Buffer.concat(records) }))).toHaveProperty('server', 'example.com');
  });
  it('is told by the ServerHello where the client is not heard', () => {
    const server = Buffer.concat([Buffer.from([22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3]), Buffer.alloc(36)]);
    expect(ask('tcp', tcp({ server }))).toMatchObject({ application: 'TLS' });
  });
  it('reads what OpenSSL offers', async () => {
    const hello = parseClientHello(body(await clientHello('a.example')));
    expect(hello).toMatchObject({ version: 0x0304, server: 'a.example', alpn: ['h2', 'http/1.1'] });
  });
});

describe('QUIC', () => {
  const destination = Buffer.from('8394c8f03e515708', 'hex');
  const crypto = async (name = 'quic.example') => handshake(await clientHello(name, ['h3']));

  it('derives the keys of RFC 9001, appendix A.1, and RFC 9369, appendix A.1', () => {
    const hex = (version: typeof V1) =>
      Object.values(initialKeys(version, destination)).map((key: Buffer) => key.toString('hex'));
    expect(hex(V1)).toEqual([
      '1f369613dd76d5467730efcbe3b1a22d',
      'fa044b2f42a3fd3b46fb255c',
      '9f50449e04a0e810283a1e9933adedd2',
    ]);
    expect(hex(V2)).toEqual([
      '8b1a0bc121284290a29e0971b5cd045d',
      '91f73e2351d8fa91660e909f',
      '45b95e15235d6f45a6b19cbcb0294ba9',
    ]);
  });

  it.each([V1, V2])('finds the ClientHello in an Initial packet ($prefix)', async (version) => {
    const packet = initialPacket({ version, destination, frames: cryptoFrame(0, await crypto()) });
    const found = ask('udp', udp([packet]));
    expect(found).toMatchObject({ application: 'QUIC', server: 'quic.example' });
    expect(found).toHaveProperty('fingerprint', expect.stringMatching(/^q13d\d{4}h3_/));
  });

  it('puts the ClientHello together from mixed pieces of several packets, among other frames', async () => {
    const message = await crypto();
    const third = Math.floor(message.length / 3);
    const pieces = [0, third, 2 * third].map((offset, index) =>
      cryptoFrame(offset, message.subarray(offset, index === 2 ? undefined : offset + third)),
    );
    const [a, b, c] = pieces;
    const ping = Buffer.from([1]);
    const ack = Buffer.from([2, 0, 0, 0, 0]);
    const frames = [Buffer.concat([c ?? ping, ping, a ?? ping]), Buffer.concat([ack, b ?? ping])];
    const packets = frames.map((frame, packetNumber) =>
      initialPacket({ version: V1, destination, packetNumber, frames: frame }),
    );
    expect(ask('udp', udp(packets.slice(0, 1)))).toBe('more');
    expect(ask('udp', udp(packets))).toHaveProperty('server', 'quic.example');
  });

  it('is nothing that does not decrypt', async () => {
    const packet = initialPacket({ version: V1, destination, frames: cryptoFrame(0, await crypto()) });
    packet[700] = (packet[700] ?? 0) ^ 1;
    expect(ask('udp', udp([packet]))).toBe('no');
  });

  it('knows what Google called QUIC before', () => {
    expect(ask('udp', udp([Buffer.from(`\rAAAAAAAAQ043${'x'.repeat(30)}`)]))).toMatchObject({ application: 'QUIC' });
  });
});

describe('HTTP', () => {
  it.each([
    ['GET / HTTP/1.1\r\nHost: Example.COM:8080\r\nAccept: */*\r\n\r\n', 'example.com'],
    ['POST /x HTTP/1.0\r\nA: b\r\nhost:example.org\r\n\r\nbody', 'example.org'],
    ['CONNECT a:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n', '[2001:db8::1]'],
  ])('is told by a request: %j', (client, server) => {
    expect(ask('tcp', tcp({ client }))).toEqual({ application: 'HTTP', category: 'Web', server });
  });
  it.each(['G', 'GET', 'GET /', 'GET / HTTP/1.1\r\nHost: exa'])('waits for the rest of %j', (client) => {
    expect(ask('tcp', tcp({ client }))).toBe('more');
  });
  it('needs no host', () => {
    expect(ask('tcp', tcp({ client: 'GET / HTTP/1.0\r\nA: b\r\n\r\n' }))).toEqual({
      application: 'HTTP',
      category: 'Web',
    });
  });
  it('is told by an answer alone, and by the beginning of HTTP/2', () => {
    expect(ask('tcp', tcp({ server: 'HTTP/1.1 200 OK\r\n' }))).toMatchObject({ application: 'HTTP' });
    expect(ask('tcp', tcp({ client: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' }))).toMatchObject({ application: 'HTTP' });
  });
  it('is not whatever begins with a word of its own', () => {
    expect(ask('tcp', tcp({ client: 'GET THE MONEY\r\nRUN\r\n\r\n' }))).toBe('no');
  });
});

describe('DNS', () => {
  const question = Buffer.from('12340100000100000000000003577777076578616d706c6503636f6d0000010001', 'hex');
  it('is told by a question, which it gives in lower case', () => {
    expect(ask('udp', udp([question], [40_000, 53]))).toEqual({
      application: 'DNS',
      category: 'Network',
      server: 'www.example.com',
    });
  });
  it.each([
    [5353, 'MDNS'],
    [5355, 'LLMNR'],
  ])('on port %i is %s', (port, application) => {
    expect(ask('udp', udp([question], [port, port]))).toMatchObject({ application });
  });
  it('over TCP has its length in front', () => {
    const client = Buffer.concat([Buffer.from([0, question.length]), question]);
    expect(ask('tcp', tcp({ client, ports: [40_000, 53] }))).toMatchObject({
      application: 'DNS',
      server: 'www.example.com',
    });
    expect(ask('tcp', tcp({ client: client.subarray(0, 20), ports: [40_000, 53] }))).toBe('more');
  });
  it('is nothing on other ports, and nothing that is no message', () => {
    expect(ask('udp', udp([question]))).toBe('no');
    expect(ask('udp', udp([Buffer.from('hello, this is no DNS at all')], [40_000, 53]))).toBe('no');
  });
});

describe('SSH', () => {
  it.each([{ client: 'SSH-2.0-OpenSSH_9.2\r\n' }, { server: 'SSH-2.0-OpenSSH_9.2\r\n' }])('is told by %o', (heard) => {
    expect(ask('tcp', tcp(heard))).toEqual({
      application: 'SSH',
      category: 'RemoteAccess',
      fingerprint: 'SSH-2.0-OpenSSH_9.2',
    });
  });
});

it('makes nothing of bytes of a stranger, and never throws', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(anything, anything, fc.constantFrom(53, 443, 5353, 9999), (client, server, port) => {
      ask('tcp', tcp({ client, server, ports: [40_000, port] }));
      ask('udp', udp([client, server], [40_000, port]));
    }),
  );
});

it('never throws on what is nearly right', async () => {
  const hello = await clientHello('example.com');
  const initial = initialPacket({
    version: V1,
    destination: Buffer.alloc(8, 7),
    frames: cryptoFrame(0, handshake(hello)),
  });
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), fc.nat(), (place, value, end) => {
      for (const bytes of [hello, initial].map((whole) => Buffer.from(whole))) {
        bytes[place % bytes.length] = value;
        const cut = bytes.subarray(0, end % (bytes.length + 1));
        ask('tcp', tcp({ client: cut, server: bytes }));
        ask('udp', udp([bytes, cut]));
      }
    }),
  );
});
