// The Beacon API over HTTP: Lodestar's routes over our handlers.
import { registerRoutes } from '@lodestar/api/beacon/server';
import { ApiError, addSszContentTypeParser } from '@lodestar/api/server';
import fastify from 'fastify';

import { eventSource, keepStreamsAlive } from './events.mjs';
import { beaconHandlers } from './handlers.mjs';

const MAX_BODY_BYTES = 1 << 20;

/** Starts listening on 127.0.0.1:`port` (0 = any free one). Returns { url, stop() }. */
export async function serveBeaconApi({ chain, driver, port, log }) {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    ajv: { customOptions: { coerceTypes: 'array' } },
    routerOptions: { querystringParser: parseQuery },
    forceCloseConnections: true,
  });
  addSszContentTypeParser(server);
  server.setErrorHandler((error, _request, reply) => {
    const code = error.statusCode ?? (error.validation ? 400 : 500);
    if (code >= 500 && code !== 501) log(`beacon api: ${error.stack ?? error}`);
    reply.code(code).send({ code, message: error.message });
  });
  server.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ code: 404, message: `no route ${request.method} ${request.url}` });
  });
  keepStreamsAlive(server);
  const handlers = beaconHandlers({ chain, driver, eventSource: eventSource(chain) });
  const namespaces = Object.keys(handlers);
  const methods = Object.fromEntries(namespaces.map((namespace) => [namespace, withDefault(handlers[namespace])]));
  registerRoutes(server, chain.config, methods, namespaces);
  const url = await server.listen({ host: '127.0.0.1', port });
  return { url, stop: () => server.close() };
}

function withDefault(handlers) {
  const missing = (name) => async () => {
    throw new ApiError(501, `${name} is not served here`);
  };
  return new Proxy(handlers, { get: (target, name) => target[name] ?? missing(String(name)) });
}

/** Query strings as the Beacon API writes lists: repeated keys, or one key with commas. */
function parseQuery(text) {
  const query = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const values = value.split(',');
    const all = key in query ? [query[key], values].flat() : values;
    query[key] = all.length === 1 ? all[0] : all;
  }
  return query;
}
