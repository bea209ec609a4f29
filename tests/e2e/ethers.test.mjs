// ethers 6 waits for receipts in its own ways: polling over HTTP, block subscriptions over WebSocket.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ethers } from './packages.mjs';
import { CHAIN_ID, devKey, pool, startGateway, token } from './gateway.mjs';

const ETHER = 10n ** 18n;

let gateway;
const providers = [];

before(async () => { gateway = await startGateway(); });

after(async () => {
  for (const provider of providers) await provider.destroy();
  await gateway?.remove();
});

// cacheTimeout -1: ethers otherwise repeats an answer of the last 250 ms, nonces included.
function httpProvider() {
  const provider = new ethers.JsonRpcProvider(gateway.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 });
  providers.push(provider);
  return provider;
}

function socketProvider() {
  const provider = new ethers.WebSocketProvider(gateway.wsUrl, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
  providers.push(provider);
  return provider;
}

/** Deploys a token, moves some, and reads it back; what a test does with every kind of connection. */
async function tokenRound(provider, keyIndex) {
  const wallet = new ethers.Wallet(devKey(keyIndex), provider);
  const factory = new ethers.ContractFactory(token.abi, token.bytecode, wallet);
  const contract = await factory.deploy('Example', 'EXM', 100n * ETHER);
  await contract.waitForDeployment();
  const other = ethers.Wallet.createRandom().address;
  const receipt = await (await contract.transfer(other, 7n)).wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.logs.length, 1);
  assert.equal(receipt.logs[0].fragment.name, 'Transfer');
  assert.equal(await contract.balanceOf(other, { blockTag: 'pending' }), 7n);
  return { contract, receipt };
}

test('ethers waits for receipts over HTTP', async () => {
  const provider = httpProvider();
  assert.equal((await provider.getNetwork()).chainId, BigInt(CHAIN_ID));
  const { contract, receipt } = await tokenRound(provider, 2);
  const events = await contract.queryFilter('Transfer', receipt.blockNumber, receipt.blockNumber);
  assert.ok(events.some((event) => event.transactionHash === receipt.hash));
});

test('ethers waits for receipts over a WebSocket', async () => {
  await tokenRound(socketProvider(), 3);
});

test('ethers waits for a second confirmation', async () => {
  const wallet = new ethers.Wallet(devKey(4), httpProvider());
  const sent = await wallet.sendTransaction({ to: wallet.address, value: 1n });
  const receipt = await sent.wait(2, 30_000);
  assert.equal(receipt.status, 1);
  assert.ok(await receipt.confirmations() >= 2);
});

test('ethers reads a block with its transactions, the first of the rollup\'s own included', async () => {
  const provider = httpProvider();
  const wallet = new ethers.Wallet(devKey(5), provider);
  const receipt = await (await wallet.sendTransaction({ to: wallet.address, value: 1n })).wait();
  const block = await provider.getBlock(receipt.blockNumber, true);
  assert.equal(block.prefetchedTransactions.length, block.transactions.length);
  assert.equal(block.transactions[receipt.index], receipt.hash);
});

test('ethers swaps and hears of it by an event over the WebSocket', async () => {
  const provider = socketProvider();
  const wallet = new ethers.NonceManager(new ethers.Wallet(devKey(6), provider));
  const owner = await wallet.getAddress();
  const deploy = async ({ abi, bytecode }, ...args) => {
    const contract = await new ethers.ContractFactory(abi, bytecode, wallet).deploy(...args);
    await contract.waitForDeployment();
    return contract;
  };
  const first = await deploy(token, 'First', 'ONE', 1_000n * ETHER);
  const second = await deploy(token, 'Second', 'TWO', 1_000n * ETHER);
  const exchange = await deploy(pool, await first.getAddress(), await second.getAddress());
  // Sent without waiting in between: one sender's order is kept.
  const sent = [
    await first.approve(exchange, ethers.MaxUint256, { gasLimit: 100_000 }),
    await second.approve(exchange, ethers.MaxUint256, { gasLimit: 100_000 }),
    await exchange.addLiquidity(10n * ETHER, 10n * ETHER, 0n, { gasLimit: 400_000 }),
  ];
  for (const transaction of sent) assert.equal((await transaction.wait()).status, 1);

  const heard = new Promise((resolve) => exchange.on('Swap', (trader, tokenIn, amountIn, amountOut) => resolve({ trader, amountIn, amountOut })));
  await provider.getBlockNumber(); // an answer on the same socket: the subscription before it is in place
  await (await exchange.swap(await first.getAddress(), ETHER, 0n, owner, { gasLimit: 300_000 })).wait();
  const swap = await heard;
  assert.equal(swap.trader, owner);
  assert.equal(swap.amountIn, ETHER);
  assert.ok(swap.amountOut > 0n);
  await exchange.removeAllListeners();
});

test('ethers names the common refusals', async () => {
  const provider = httpProvider();
  const wallet = new ethers.Wallet(devKey(7), provider);
  const to = ethers.Wallet.createRandom().address;
  await assert.rejects(wallet.sendTransaction({ to, value: 10n ** 30n }), (error) => ethers.isError(error, 'INSUFFICIENT_FUNDS'));
  await (await wallet.sendTransaction({ to, value: 1n })).wait();
  await assert.rejects(wallet.sendTransaction({ to, value: 1n, nonce: 0, gasLimit: 21_000 }), (error) => ethers.isError(error, 'NONCE_EXPIRED'));
});
