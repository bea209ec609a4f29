// viem, as a dapp uses it: contracts over HTTP, subscriptions over WebSocket, errors it can name.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { viem } from './packages.mjs';
import { CHAIN_ID, againstAnvil, gatewayOnly, pool, sealed, startGateway, token, viemClients } from './gateway.mjs';

const ETHER = 10n ** 18n;

let gateway;
let reader;
let wallet;
let friend;
let chain;
const sockets = [];

before(async () => {
  gateway = await startGateway();
  const clients = viemClients(gateway);
  ({ reader, chain } = clients);
  wallet = clients.wallet(0);
  friend = clients.wallet(1);
});

after(async () => {
  for (const socket of sockets) (await socket.transport.getRpcClient()).close();
  await gateway?.remove();
});

/** A client whose subscriptions come over a WebSocket of its own. */
function socketClient() {
  const client = viem.createPublicClient({ chain, transport: viem.webSocket(gateway.wsUrl, { reconnect: false }) });
  sockets.push(client);
  return client;
}

async function succeeded(hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  return receipt;
}

async function deploy(artifact, args) {
  const receipt = await succeeded(await wallet.deployContract({ abi: artifact.abi, bytecode: artifact.bytecode, args }));
  return receipt.contractAddress;
}

const write = (from, { abi }, address, functionName, args) => from.writeContract({ abi, address, functionName, args });
const read = ({ abi }, address, functionName, args, blockTag = 'pending') =>
  reader.readContract({ abi, address, functionName, args, blockTag });

/** Resolves with the first value that `subscribe(onValue, onError)` delivers and `wanted` accepts. */
function firstOf(subscribe, wanted = () => true) {
  return new Promise((resolve, reject) => {
    const stop = subscribe((value) => {
      if (!wanted(value)) return;
      resolve(value);
      queueMicrotask(() => stop());
    }, reject);
  });
}

test('viem reads the chain id, fees and the balance of a development account', async () => {
  assert.equal(await reader.getChainId(), CHAIN_ID);
  assert.equal(await reader.getBalance({ address: wallet.account.address, blockTag: 'pending' }), 10_000n * ETHER);
  const fees = await reader.estimateFeesPerGas();
  assert.ok(fees.maxFeePerGas > 0n);
  const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [50] });
  assert.ok(history.baseFeePerGas.length >= 1);
});

test('viem deploys two tokens and a pool, adds liquidity, swaps, and the next call follows each receipt at once', async () => {
  const first = await deploy(token, ['First', 'ONE', 1_000n * ETHER]);
  const second = await deploy(token, ['Second', 'TWO', 1_000n * ETHER]);
  const exchange = await deploy(pool, [first, second]);
  for (const one of [first, second]) await succeeded(await write(wallet, token, one, 'approve', [exchange, viem.maxUint256]));
  await succeeded(await write(wallet, pool, exchange, 'addLiquidity', [100n * ETHER, 100n * ETHER, 0n]));

  const quoted = await read(pool, exchange, 'quote', [first, ETHER]);
  const receipt = await succeeded(await write(wallet, pool, exchange, 'swap', [first, ETHER, quoted, friend.account.address]));
  const [swap] = viem.parseEventLogs({ abi: pool.abi, logs: receipt.logs, eventName: 'Swap' });
  assert.equal(swap.args.amountOut, quoted);
  assert.equal(await read(token, second, 'balanceOf', [friend.account.address]), quoted);

  // Once its block is sealed, `latest` and eth_getLogs agree with what was promised.
  await sealed(reader, receipt.blockNumber);
  assert.equal(await read(token, second, 'balanceOf', [friend.account.address], 'latest'), quoted);
  const final = await reader.getTransactionReceipt({ hash: receipt.transactionHash });
  assert.equal(final.gasUsed, receipt.gasUsed);
  const block = await reader.getBlock({ blockNumber: final.blockNumber });
  assert.equal(final.blockHash, block.hash);
  assert.equal(block.transactions[final.transactionIndex], final.transactionHash);
  const logs = await reader.getContractEvents({ address: exchange, abi: pool.abi, eventName: 'Swap', blockHash: block.hash });
  assert.equal(logs.length, 1);
  assert.equal(logs[0].transactionHash, final.transactionHash);
});

test('sendRawTransactionSync answers with the receipt', async () => {
  const request = await friend.prepareTransactionRequest({ to: wallet.account.address, value: 5n });
  const serializedTransaction = await friend.signTransaction(request);
  const receipt = await friend.sendRawTransactionSync({ serializedTransaction });
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.transactionHash, viem.keccak256(serializedTransaction));
});

test('the pending nonce counts a transaction as soon as it is accepted', async () => {
  const address = wallet.account.address;
  const nonce = await reader.getTransactionCount({ address, blockTag: 'pending' });
  await succeeded(await wallet.sendTransaction({ to: friend.account.address, value: 1n }));
  assert.equal(await reader.getTransactionCount({ address, blockTag: 'pending' }), nonce + 1);
});

test('an EIP-7702 authorization turns an account into its delegate', async () => {
  const delegate = await deploy(token, ['Delegate', 'DEL', 1n]);
  const authorization = await wallet.signAuthorization({ contractAddress: delegate, executor: 'self' });
  const data = viem.encodeFunctionData({ abi: token.abi, functionName: 'totalSupply' });
  await succeeded(await wallet.sendTransaction({ to: wallet.account.address, data, authorizationList: [authorization] }));
  const code = await reader.getCode({ address: wallet.account.address, blockTag: 'pending' });
  assert.equal(code, viem.concat(['0xef0100', delegate]).toLowerCase());
});

test('new blocks arrive over the WebSocket, numbered without a gap', async () => {
  const client = socketClient();
  const numbers = [];
  await firstOf(
    (onBlock, onError) => client.watchBlocks({ onBlock, onError }),
    (block) => numbers.push(block.number) >= 3,
  );
  assert.deepEqual(numbers, [numbers[0], numbers[0] + 1n, numbers[0] + 2n]);
});

test('logs and pending transactions arrive over the WebSocket', async () => {
  const client = socketClient();
  const address = await deploy(token, ['Watched', 'EYE', 100n]);
  const transfer = firstOf((onLogs, onError) => client.watchContractEvent({ address, abi: token.abi, eventName: 'Transfer', onLogs, onError }));
  const hashes = [];
  let wanted;
  const pending = firstOf(
    (onTransactions, onError) => client.watchPendingTransactions({ onTransactions, onError }),
    (batch) => { hashes.push(...batch); return hashes.includes(wanted); },
  );
  // An answered call on the same socket: the two subscriptions sent before it are in place.
  await client.getChainId();
  await client.getChainId();
  wanted = await write(wallet, token, address, 'transfer', [friend.account.address, 3n]);
  const [log] = await transfer;
  assert.equal(log.args.value, 3n);
  assert.equal(log.transactionHash, wanted);
  await pending;
});

test('refusals come back as errors that viem can name', async () => {
  const to = friend.account.address;
  const fees = await reader.estimateFeesPerGas();
  const raw = async (changes) => friend.sendRawTransaction({
    serializedTransaction: await friend.account.signTransaction({
      to, value: 0n, gas: 21_000n, type: 'eip1559', chainId: CHAIN_ID, ...fees,
      nonce: await reader.getTransactionCount({ address: to, blockTag: 'pending' }), ...changes,
    }),
  });
  const message = (pattern) => (error) => {
    const inner = error.walk((cause) => cause instanceof viem.RpcRequestError);
    assert.ok(inner, `no JSON-RPC error in ${error}`);
    assert.ok(Number.isInteger(inner.code) && inner.code < 0, `code ${inner.code}`);
    assert.match(inner.details.toLowerCase(), pattern); // viem ignores the case, too
    return true;
  };
  // The patterns are viem's own: by them it tells a user what went wrong.
  await assert.rejects(raw({ nonce: 0 }), message(viem.NonceTooLowError.nodeMessage));
  await assert.rejects(raw({ value: 10n ** 30n }), message(viem.InsufficientFundsError.nodeMessage));
  if (againstAnvil) return; // It takes the next two and drops them later.
  await assert.rejects(raw({ chainId: 1 }), message(/chain/));
  await assert.rejects(raw({ gas: 20_000n }), message(viem.IntrinsicGasTooLowError.nodeMessage));
});

test('a call that would revert carries the contract\'s own error', async () => {
  const address = await deploy(token, ['Scarce', 'FEW', 1n]);
  await assert.rejects(
    reader.simulateContract({ address, abi: token.abi, functionName: 'transfer', args: [wallet.account.address, 5n], account: friend.account, blockTag: 'pending' }),
    (error) => {
      const revert = error.walk((inner) => inner instanceof viem.ContractFunctionRevertedError);
      assert.equal(revert.data.errorName, 'InsufficientBalance');
      assert.deepEqual(revert.data.args, [friend.account.address, 0n, 5n]);
      return true;
    },
  );
});

test('the same transaction sent twice is the same transaction', gatewayOnly, async () => {
  const request = await friend.prepareTransactionRequest({ to: '0x00000000000000000000000000000000000000aa', value: 6n });
  const serializedTransaction = await friend.signTransaction(request);
  const hash = await friend.sendRawTransaction({ serializedTransaction });
  assert.equal(await friend.sendRawTransaction({ serializedTransaction }), hash);
  // The second answer waits for the promise; the first two only say that the pool has it.
  const receipt = await friend.sendRawTransactionSync({ serializedTransaction });
  assert.equal(receipt.transactionHash, hash);
  const one = await reader.request({ method: 'eth_getPreconfirmation', params: [hash] });
  assert.equal(one.leaf.txHash, hash);
  const again = await friend.sendRawTransactionSync({ serializedTransaction });
  assert.equal(again.transactionHash, hash);
  assert.deepEqual(await reader.request({ method: 'eth_getPreconfirmation', params: [hash] }), one);
});
