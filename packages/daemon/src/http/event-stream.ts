import type { Event } from '@twinpath/api';
import type { EventLog } from '../events/event-log.ts';

export interface EventStreamOptions {
  readonly events: EventLog;
  readonly signal: AbortSignal;
  readonly after: number | undefined;
  /** Is let go of at the end. */
  readonly stream: Disposable;
  isWanted(event: Event): boolean;
}

/** What is between keeps connections open, and finds those that are gone. */
const COMMENT_MS = 15_000;

/** Server-sent events (HTML, 9.2). A listener that does not read is let go of in the end. */
export function eventStream({
  events,
  signal,
  after,
  isWanted,
  stream,
}: EventStreamOptions): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const listening = events.listen(AbortSignal.any([signal, ended.signal]), after);
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearInterval(timer);
    stream[Symbol.dispose]();
  };
  return new ReadableStream({
    start(controller) {
      // Headers go out at once, not with the first event.
      controller.enqueue(bytesOf(COMMENT));
      timer = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(bytesOf(COMMENT));
      }, COMMENT_MS);
    },
    async pull(controller) {
      for (;;) {
        const { value: event, done } = await listening.next();
        if (ended.signal.aborted) return;
        if (done === true) {
          end();
          controller.close();
          return;
        }
        if (!isWanted(event)) continue;
        controller.enqueue(bytesOf(textOf(event)));
        return;
      }
    },
    cancel() {
      ended.abort();
      end();
    },
  });
}

const COMMENT = ':\n\n';
const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const textOf = (event: Event): string => `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
