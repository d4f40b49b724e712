// `capture`: packets of a port, as they come.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { toldToEnd } from '../run/ending.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { withSuggestion } from './live-names.ts';

export interface CaptureOptions extends ConnectionOptions {
  readonly write?: string;
  readonly packets?: number;
  readonly seconds?: number;
  readonly snap?: number;
}

/** Until it is told to end, or who reads it ends. @throws UsageError, ProblemError; SystemError for the file */
export async function capture(chain: string, port: string, options: CaptureOptions): Promise<void> {
  const { json, write, packets, seconds, snap, ...connection } = options;
  if (write === undefined && process.stdout.isTTY) {
    const hint = `twinpath capture ${chain} ${port} | tshark -r -, or -w FILE`;
    throw new UsageError('a capture file is nothing to read in a terminal', hint);
  }
  using client = connect(connection);
  const query = {
    ...(packets !== undefined && { packets }),
    ...(seconds !== undefined && { seconds }),
    ...(snap !== undefined && { snap }),
  };
  const stream = await withSuggestion(client, ['chain'], [chain], () =>
    client.stream('capture', { params: { chain, port }, query }),
  );
  const signal = toldToEnd();
  // What came before is whole: a capture file can end behind any packet.
  signal.addEventListener('abort', () => stream.destroy());
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  try {
    if (write === undefined) await pipeline(stream, process.stdout, { end: false });
    else await pipeline(stream, createWriteStream(write));
  } catch (error) {
    if (!signal.aborted && !isClosedPipe(error)) throw error;
  }
  if (write !== undefined && json) printJson({ file: write, bytes });
}

/** Who reads has had enough. */
const isClosedPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE';
