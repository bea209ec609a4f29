// The engine API: JSON-RPC over HTTP, each request signed with a fresh HS256 token (execution-apis,
// engine/authentication).
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

const DEADLINE_MS = 20_000;

export class RpcError extends Error {
  constructor(method, code, message, data) {
    super(`${method}: ${message}`);
    this.code = code;
    this.reason = message;
    this.data = data;
  }
}

// A connection per call: the client has one thread, and while that verifies blobs it drops connections that wait.
const agent = new Agent({ keepAlive: false });

/** One JSON-RPC call; throws `RpcError` if the other side answers with one. `headers` may add an authorization. */
export async function call(url, method, params, headers = {}) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const text = await post(url, body, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`${method}: got ${JSON.stringify(text.slice(0, 200))}, expected JSON`);
  }
  if (answer.error) throw new RpcError(method, answer.error.code, answer.error.message, answer.error.data);
  return answer.result;
}

function post(url, body, headers) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const outgoing = request(url, { method: 'POST', agent, headers, signal }, async (response) => {
      try {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve(Buffer.concat(chunks).toString('utf8'));
      } catch (error) {
        reject(error);
      }
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Engine API calls against `url` with a 32-byte secret. */
export class Engine {
  constructor(url, secret) {
    this.url = url;
    this.secret = secret;
  }

  async call(method, params) {
    return call(this.url, method, params, { authorization: `Bearer ${token(this.secret)}` });
  }

  /** Makes `head` the head of the chain; with `attributes` also starts a payload. Returns its id, or null. */
  async setHead({ head, safe, finalized }, attributes = null) {
    const state = { headBlockHash: head, safeBlockHash: safe, finalizedBlockHash: finalized };
    const { payloadStatus, payloadId } = await this.call('engine_forkchoiceUpdatedV3', [state, attributes]);
    expectValid('engine_forkchoiceUpdatedV3', payloadStatus);
    return payloadId;
  }

  /** The payload under construction: {executionPayload, blobsBundle, executionRequests, …}. */
  async payload(payloadId) {
    return this.call('engine_getPayloadV4', [payloadId]);
  }

  /** Has a payload executed; throws unless it is valid. */
  async execute(executionPayload, versionedHashes, parentBeaconBlockRoot, executionRequests) {
    const params = [executionPayload, versionedHashes, parentBeaconBlockRoot, executionRequests];
    expectValid('engine_newPayloadV4', await this.call('engine_newPayloadV4', params));
  }
}

function expectValid(method, { status, validationError }) {
  if (status !== 'VALID')
    throw new RpcError(method, 0, `got ${status} (${validationError ?? 'no reason given'}), expected VALID`);
}

function token(secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: Math.floor(Date.now() / 1000) })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}
