// main.mjs as a child process, and the requests that checks make of it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../main.mjs', import.meta.url));
const READY_DEADLINE_MS = 90_000;
const STOP_DEADLINE_MS = 20_000;
const REQUEST_DEADLINE_MS = 120_000;

/**

 * Starts it and waits for READY. Returns { urls, rpc(), beacon(), beaconBytes(), stop(), exit (code, once stopped) }.

 */
export async function startProcess(args) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const line = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    exited.then((code) => `exit ${code}`),
    deadline(READY_DEADLINE_MS, 'no READY'),
  ]);
  if (!line.startsWith('READY ')) throw new Error(`got ${line}, expected READY\n${complaints.join('\n')}`);
  const urls = JSON.parse(line.slice('READY '.length));
  return {
    urls,
    complaints,
    exit: undefined,
    rpc: (method, params = []) => rpc(urls.rpc, method, params),
    /** The `data` of a Beacon API answer; throws with status and message on an error. */
    beacon: async (path) => (await (await get(urls.beacon + path)).json()).data,
    beaconFull: async (path) => (await get(urls.beacon + path)).json(),
    beaconBytes: async (path) =>
      new Uint8Array(await (await get(urls.beacon + path, 'application/octet-stream')).arrayBuffer()),
    async stop() {
      child.kill('SIGTERM');
      this.exit = await Promise.race([exited, deadline(STOP_DEADLINE_MS, 'still running after SIGTERM')]);
    },
  };
}

async function rpc(url, method, params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${error.code} ${error.message}`);
  return result;
}

async function get(url, accept = 'application/json') {
  const response = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  if (!response.ok) throw new Error(`${response.status} ${(await response.json()).message}`);
  return response;
}

function deadline(ms, message) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message)), ms).unref());
}
