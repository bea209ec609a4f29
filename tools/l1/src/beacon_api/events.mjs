// Server-sent events. Each reader has a bound on what may wait for it; who falls behind is disconnected and has to
// start again.
import { ApiError } from '@lodestar/api/server';

const MAX_READERS = 64;
const MAX_WAITING_BYTES = 1 << 20;
const HEARTBEAT_MS = 5_000;
const OFFERED = new Set(['head', 'block', 'chain_reorg', 'finalized_checkpoint']);

/** The handler of /eth/v1/events: subscribes `onEvent` to the topics until `signal` aborts. */
export function eventSource(chain) {
  let readers = 0;
  return ({ topics, signal, onEvent }) => {
    const unknown = topics.filter((topic) => !OFFERED.has(topic));
    if (unknown.length > 0)
      throw new ApiError(400, `topics: got ${unknown.join(', ')}, expected some of ${[...OFFERED].join(', ')}`);
    if (readers >= MAX_READERS) throw new ApiError(503, `there are ${MAX_READERS} readers already; try again later`);
    readers += 1;
    const wanted = new Set(topics);
    const stop = chain.listen((type, message) => {
      if (wanted.has(type)) onEvent({ type, message });
    });
    signal.addEventListener('abort', () => {
      readers -= 1;
      stop();
    });
  };
}

/** Makes event streams answer at once, beat while nothing happens, and end for readers that do not read. */
export function keepStreamsAlive(server) {
  server.addHook('preHandler', (request, reply, done) => {
    if (request.routeOptions.url === '/eth/v1/events') {
      const { raw } = reply;
      // After the handler has set the headers.
      setImmediate(() => {
        if (!raw.headersSent && !raw.writableEnded && raw.getHeader('content-type') === 'text/event-stream')
          raw.write(':\n\n');
      });
      const timer = setInterval(() => {
        if (raw.writableLength > MAX_WAITING_BYTES) raw.destroy();
        else if (raw.headersSent) raw.write(':\n\n');
      }, HEARTBEAT_MS);
      raw.once('close', () => clearInterval(timer));
    }
    done();
  });
}
