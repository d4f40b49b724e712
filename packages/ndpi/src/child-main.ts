// The child: reads packets from its standard input, asks nDPI, writes what it says. It can do nothing else: it has no capabilities,
// is nobody, and gains no privilege by any program that it runs. When its input ends, so does it.
import { readSync, writeSync } from 'node:fs';
import { Detector } from './detector.ts';
import { NdpiMissingError } from './errors.ts';
import { openLibrary } from './library.ts';
import { decodeShown, encodeFindings, type Greeting, Messages, message } from './wire.ts';

const [IN, OUT] = [0, 1];
const [flows, name] = process.argv.slice(2);
const incoming = new Uint8Array(1 << 20);

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(OUT, bytes, at);
}
const greet = (greeting: Greeting) => write(message(new TextEncoder().encode(JSON.stringify(greeting))));

function serve(): void {
  const ndpi = openLibrary(name);
  const { revision, applications, categories, risks } = ndpi;
  greet({ revision, applications, categories, risks });
  const detector = new Detector(ndpi, Number(flows));
  const messages = new Messages();
  for (let length = readSync(IN, incoming); length > 0; length = readSync(IN, incoming)) {
    for (const body of messages.add(incoming.subarray(0, length))) {
      write(encodeFindings([...decodeShown(body)].flatMap((shown) => [...detector.show(shown)])));
    }
  }
}

try {
  serve();
} catch (error) {
  if (!(error instanceof NdpiMissingError)) throw error;
  greet({ missing: error.why });
}
