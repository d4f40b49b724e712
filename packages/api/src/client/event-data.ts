import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The data of server-sent events (HTML, 9.2.6). Lines that only keep the connection open have none. */
export async function* eventData(stream: Readable): AsyncGenerator<string> {
  let data: string[] = [];
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
      if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    }
  } finally {
    // Whoever has heard enough hangs up.
    stream.destroy();
  }
}
