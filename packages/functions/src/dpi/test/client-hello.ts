import { Duplex } from 'node:stream';
import { connect } from 'node:tls';

/** A ClientHello as OpenSSL makes it, in its record; with a key of a curve alone it fits into one packet. */
export function clientHello(servername: string, alpn: readonly string[] = ['h2', 'http/1.1']): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      resolve(bytes);
      done();
    },
  });
  const secured = connect({ socket, servername, ALPNProtocols: [...alpn], ecdhCurve: 'X25519' });
  secured.on('error', () => {});
  return promise.finally(() => secured.destroy());
}
