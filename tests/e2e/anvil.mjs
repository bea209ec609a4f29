// An anvil of our own choosing of port, for tests that need a plain Ethereum node.
import { anvilPath } from './packages.mjs';
import { freePort, start } from './processes.mjs';

/** Starts anvil. Returns { url, stop() }. */
export async function startAnvil(extraArgs = []) {
  const port = await freePort();
  const anvil = await start(
    anvilPath,
    ['--host', '127.0.0.1', '--port', String(port), '--chain-id', '9545', '--balance', '10000', '--hardfork', 'prague', ...extraArgs],
    { ready: /^Listening on / },
  );
  return { url: `http://127.0.0.1:${port}`, stop: anvil.stop };
}
