// The execution client as a child process: EthereumJS with engine API, no peers, everything on the loopback interface.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Engine, call } from './engine.mjs';
import { executionGenesis } from './genesis.mjs';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;

/**
 * Starts the client on an empty chain below `dataDir` and waits until it answers.
 * Returns { url, engine, genesis (block 0 as RPC gives it), stop(), exited (promise of the exit code) }.
 */
export async function startExecutionClient({ dataDir, genesisTimeS }) {
  const folder = join(dataDir, 'execution');
  // Consensus always begins at genesis, so execution must too.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const genesisFile = join(folder, 'genesis.json');
  const secretFile = join(folder, 'jwt.hex');
  const secret = randomBytes(32);
  writeFileSync(genesisFile, JSON.stringify(executionGenesis(genesisTimeS)));
  writeFileSync(secretFile, secret.toString('hex'), { mode: 0o600 });
  const [rpcPort, enginePort] = await freePorts(2);
  const log = openSync(join(folder, 'client.log'), 'a');
  const child = spawn(
    process.execPath,
    [
      CHILD,
      ...['--gethGenesis', genesisFile, '--dataDir', folder],
      ...['--rpc', '--rpcAddr', '127.0.0.1', '--rpcPort', rpcPort],
      ...['--rpcEngine', '--rpcEngineAddr', '127.0.0.1', '--rpcEnginePort', enginePort, '--jwtSecret', secretFile],
      // Without --isSingleNode it takes no transactions. Never --ws: it would listen on every interface.
      ...['--sync', 'none', '--isSingleNode', '--maxPeers', '0', '--discDns=false', '--discV4=false'],
      ...['--no-logFile', '--logLevel', 'warn'],
    ].map(String),
    { stdio: ['pipe', log, log], cwd: folder },
  );
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  const url = `http://127.0.0.1:${rpcPort}`;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    const genesis = await firstAnswer(url, exited, join(folder, 'client.log'));
    return { url, engine: new Engine(`http://127.0.0.1:${enginePort}`, secret), genesis, stop, exited };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function firstAnswer(url, exited, logFile) {
  let gone = false;
  exited.then(() => (gone = true));
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && !gone) {
    try {
      return await call(url, 'eth_getBlockByNumber', ['0x0', false]);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`the execution client ${gone ? 'exited' : 'did not answer in time'}; its log: ${logFile}`);
}

/** `count` distinct free ports of the loopback interface. They are held together, so that none is given twice. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
