// The JSON-RPC port: the script's l1_ methods, and everything else from the execution client.
import { createServer } from 'node:http';

import { Refused } from '../driver.mjs';
import { isBlobTransaction, withBlobs } from './blobs.mjs';
import { RpcError } from './engine.mjs';

const MAX_BODY_BYTES = 8 << 20;
const MAX_BATCH = 100;
const KEEP_ALIVE_MS = 60_000;

export class Front {
  /** `rpc` is an ExecutionRpc. */
  constructor({ rpc, log }) {
    Object.assign(this, { rpc, log, control: null });
  }

  /** Starts listening on 127.0.0.1:`port` (0 = any free one). Returns { url, stop() }. */
  async serve({ port, control }) {
    this.control = control;
    const server = createServer((request, response) => this.answer(request, response));
    // Longer than anyone computes between two requests: a client must not find its connection gone when it comes back.
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    const stop = () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${server.address().port}`, stop };
  }

  /**

   * Puts transactions of blocks that left the chain back into the pool. What cannot go back (nonce used meanwhile) is

   * dropped.

   */
  async returnToPool(entries) {
    for (const entry of entries) {
      for (const raw of entry.transactions) {
        const travelling = isBlobTransaction(raw) ? entry.blobs && withBlobs(raw, entry.blobs) : raw;
        if (travelling)
          await this.rpc
            .request('eth_sendRawTransaction', [travelling])
            .catch((error) => this.log(`not back in the pool: ${error.message}`));
      }
    }
  }

  async answer(request, response) {
    if (request.method !== 'POST') {
      reply(response, 405, failure(null, -32600, `got ${request.method}, expected POST`));
      return;
    }
    try {
      const asked = JSON.parse(await readBody(request));
      if (Array.isArray(asked) && (asked.length === 0 || asked.length > MAX_BATCH))
        throw new SyntaxError(`a batch has 1 to ${MAX_BATCH} requests`);
      reply(
        response,
        200,
        Array.isArray(asked) ? await Promise.all(asked.map((one) => this.one(one))) : await this.one(asked),
      );
    } catch (error) {
      reply(response, error instanceof SyntaxError ? 400 : 413, failure(null, -32700, error.message));
    }
  }

  async one(asked) {
    const { id = null, method, params = [] } = asked ?? {};
    if (typeof method !== 'string' || !Array.isArray(params))
      return failure(id, -32600, 'a request has a method and a list of parameters');
    try {
      const script = this.control.method(method);
      const result = script === undefined ? await this.rpc.request(method, params) : await script(params);
      return { jsonrpc: '2.0', id, result: result ?? null };
    } catch (error) {
      if (error instanceof RpcError) return failure(id, error.code, error.reason, error.data);
      if (error instanceof Refused) return failure(id, -32602, error.message);
      this.log(`rpc ${method}: ${error.stack ?? error}`);
      return failure(id, -32603, error.message);
    }
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a request has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function failure(id, code, message, data) {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}
