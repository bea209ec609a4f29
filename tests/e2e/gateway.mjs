// A gateway of this repository as its users start it: one process, its own ports and data directory.
// FOREBOND_BIN names the binary. FOREBOND_E2E_AGAINST=anvil runs the same scripts against anvil instead: the parts that
// concern standard methods must pass there too, which tells a fault of the scripts from a fault of the gateway.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnvil } from './anvil.mjs';
import { artifact, viem, viemAccounts } from './packages.mjs';
import { freePort, run, start } from './processes.mjs';

export const CHAIN_ID = 9545;
export const MNEMONIC = 'test test test test test test test test test test test junk';
export const againstAnvil = process.env.FOREBOND_E2E_AGAINST === 'anvil';
/** Options for tests of what only the gateway has. */
export const gatewayOnly = { skip: againstAnvil ? 'anvil has no promises' : false };

export const token = artifact('Token');
export const pool = artifact('ConstantProductPool');

function binary() {
  const path = process.env.FOREBOND_BIN;
  if (!path) throw new Error('FOREBOND_BIN is not set: `make test-e2e` builds the gateway and sets it');
  return path;
}

/** Runs the binary to its end: `forebond ARGS`. */
export function forebond(...args) {
  return run(binary(), args);
}

/** The key of development account `index` (0 to 9), as hex. */
export function devKey(index) {
  return viem.toHex(viemAccounts.mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey().privateKey);
}

/**
 * Starts a gateway. `dataDir`: continue from that directory; otherwise a new one, removed by `remove()`.
 * Returns { url, wsUrl, dataDir, stop(signal), remove() }.
 */
export async function startGateway({ dataDir, args = [] } = {}) {
  if (againstAnvil) {
    const anvil = await startAnvil(['--block-time', '1', '--mixed-mining']);
    return { url: anvil.url, wsUrl: anvil.url.replace('http', 'ws'), dataDir: null, stop: anvil.stop, remove: anvil.stop };
  }
  const directory = dataDir ?? await mkdtemp(join(tmpdir(), 'forebond-e2e-'));
  const [http, metrics] = [await freePort(), await freePort()];
  const gateway = await start(
    binary(),
    ['gateway', '--dev', '--http', `127.0.0.1:${http}`, '--metrics', `127.0.0.1:${metrics}`, '--data-dir', directory, ...args],
    { ready: /^READY (\S+)/ },
  );
  const url = gateway.match[1];
  return {
    url,
    wsUrl: url.replace(/^http/, 'ws'),
    dataDir: directory,
    output: gateway.output,
    stop: gateway.stop,
    async remove() {
      await gateway.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** viem clients for one gateway: `reader`, and `wallet(index)` that signs with a development account. */
export function viemClients(gateway) {
  const chain = viem.defineChain({
    id: CHAIN_ID,
    name: 'Forebond devnet',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [gateway.url], webSocket: [gateway.wsUrl] } },
  });
  const options = { chain, transport: viem.http(gateway.url), pollingInterval: 50 };
  return {
    chain,
    reader: viem.createPublicClient(options),
    wallet: (index) => viem.createWalletClient({ ...options, account: viemAccounts.privateKeyToAccount(devKey(index)) }),
  };
}

/** Resolves when block `number` is sealed: from then on `latest` shows it. */
export async function sealed(reader, number) {
  while (await reader.getBlockNumber({ cacheTime: 0 }) < number) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
