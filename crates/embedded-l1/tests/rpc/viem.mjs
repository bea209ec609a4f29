// viem against the embedded L1: node viem.mjs TOOLS_FOLDER HOST:PORT
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';

const [tools, address] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(tools), 'package.json'));
const viem = require('viem');
const { mnemonicToAccount } = require('viem/accounts');

const chain = viem.defineChain({
  id: 31337,
  name: 'embedded L1',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [`http://${address}`], webSocket: [`ws://${address}`] } },
});
const account = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 2 });
const reader = viem.createPublicClient({ chain, transport: viem.http(), pollingInterval: 200 });
const wallet = viem.createWalletClient({ chain, account, transport: viem.http() });
const socket = viem.createPublicClient({ chain, transport: viem.webSocket(undefined, { reconnect: false }) });

assert.equal(await reader.getChainId(), 31337);
assert.equal(await reader.getBlobBaseFee(), 1n);

// Heads over a WebSocket, each once and in order.
const heads = [];
let enough;
const seen = new Promise(resolve => { enough = resolve; });
const unwatch = socket.watchBlocks({
  onBlock: block => { heads.push(block.number); if (heads.length === 3) enough(); },
  onError: error => { throw error; },
});

// A contract that logs the first word of its call data as topic: PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG1 STOP.
const deployed = await wallet.deployContract({ abi: [], bytecode: '0x655f355f5fa1005f526006601af3' });
const { contractAddress, status } = await reader.waitForTransactionReceipt({ hash: deployed });
assert.equal(status, 'success');
const topic = viem.pad('0x07');
const hash = await wallet.sendTransaction({ to: contractAddress, data: topic });
const receipt = await reader.waitForTransactionReceipt({ hash });
assert.equal(receipt.logs[0].topics[0], topic);
const logs = await reader.getLogs({ address: contractAddress, fromBlock: 0n });
assert.equal(logs[0].transactionHash, hash);

const proof = await reader.getProof({ address: account.address, storageKeys: [] });
assert.equal(proof.nonce, 2);
const block = await reader.getBlock({ blockTag: 'latest', includeTransactions: true });
assert.ok(block.parentBeaconBlockRoot && block.withdrawals && block.excessBlobGas === 0n);

await seen;
unwatch();
(await socket.transport.getRpcClient()).close();
assert.deepEqual(heads, [heads[0], heads[0] + 1n, heads[0] + 2n]);
console.log('done');
