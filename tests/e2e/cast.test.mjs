// What a developer does first: cast from Foundry, one command at a time, against a running gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { castPath, viem, viemAccounts } from './packages.mjs';
import { run } from './processes.mjs';
import { CHAIN_ID, MNEMONIC, devKey, pool, startGateway, token } from './gateway.mjs';

const ETHER = 10n ** 18n;
const owner = viemAccounts.mnemonicToAccount(MNEMONIC).address;
const friend = viemAccounts.mnemonicToAccount(MNEMONIC, { addressIndex: 1 }).address;

let gateway;

before(async () => { gateway = await startGateway(); });
after(() => gateway?.remove());

/** Runs cast and returns what it printed; the test fails with cast's own words if cast does. */
async function cast(command, ...args) {
  const { code, stdout, stderr } = await run(castPath, [command, '--rpc-url', gateway.url, ...args]);
  assert.equal(code, 0, `cast ${command} ${args.join(' ').slice(0, 500)}\n${stderr}${stdout}`);
  return stdout.trim();
}

/** `cast send`: signs, sends, waits for the receipt. */
async function send(...args) {
  return JSON.parse(await cast('send', '--json', '--private-key', devKey(0), ...args));
}

async function deploy(artifact, signature, ...args) {
  const { stdout } = await run(castPath, ['abi-encode', signature, ...args]);
  const receipt = JSON.parse(await cast('send', '--json', '--private-key', devKey(0), '--create', artifact.bytecode + stdout.trim().slice(2)));
  assert.equal(receipt.status, '0x1');
  return receipt.contractAddress;
}

/** Reads the state with every promise in it. */
async function readNumber(to, signature, ...args) {
  const answer = await cast('call', '--block', 'pending', to, signature, ...args);
  return BigInt(answer.split(' ')[0]);
}

test('cast reads the chain id, the client version and the balance of a development account', async () => {
  assert.equal(await cast('chain-id'), String(CHAIN_ID));
  assert.match(await cast('client'), /\S+/);
  assert.equal(BigInt(await cast('balance', owner)), 10_000n * ETHER);
});

test('cast sends ether and reads the receipt back', async () => {
  const before = BigInt(await cast('balance', friend));
  const receipt = await send(friend, '--value', '1ether');
  assert.equal(receipt.status, '0x1');
  assert.equal(BigInt(await cast('balance', '--block', 'pending', friend)) - before, ETHER);
  const again = JSON.parse(await cast('receipt', '--json', receipt.transactionHash));
  assert.equal(again.transactionHash, receipt.transactionHash);
  assert.equal(BigInt(again.gasUsed), 21_000n);
  const transaction = JSON.parse(await cast('tx', '--json', receipt.transactionHash));
  assert.equal(BigInt(transaction.value), ETHER);
});

test('cast deploys a token and a pool, adds liquidity and swaps', async () => {
  const [first, second] = [
    await deploy(token, 'constructor(string,string,uint256)', 'First', 'ONE', String(1_000n * ETHER)),
    await deploy(token, 'constructor(string,string,uint256)', 'Second', 'TWO', String(1_000n * ETHER)),
  ];
  const exchange = await deploy(pool, 'constructor(address,address)', first, second);
  for (const one of [first, second]) {
    await send(one, 'approve(address,uint256)', exchange, String(viem.maxUint256));
  }
  await send(exchange, 'addLiquidity(uint256,uint256,uint256)', String(100n * ETHER), String(100n * ETHER), '0');

  const quoted = await readNumber(exchange, 'quote(address,uint256)(uint256)', first, String(ETHER));
  const receipt = await send(exchange, 'swap(address,uint256,uint256,address)', first, String(ETHER), String(quoted), friend);
  assert.equal(receipt.status, '0x1');
  assert.equal(receipt.logs.length, 3, 'two transfers and the swap');
  assert.equal(await readNumber(second, 'balanceOf(address)(uint256)', friend), quoted);
});

test('cast shows why a call would revert', async () => {
  const address = await deploy(token, 'constructor(string,string,uint256)', 'Scarce', 'FEW', '1');
  const { code, stderr } = await run(castPath,
    ['call', '--rpc-url', gateway.url, '--block', 'pending', '--from', friend, address, 'transfer(address,uint256)', owner, '5']);
  assert.notEqual(code, 0);
  // The error's data must reach the client: selector of InsufficientBalance(address,uint256,uint256).
  assert.match(stderr, new RegExp(viem.toFunctionSelector('InsufficientBalance(address,uint256,uint256)').slice(2)));
});

test('cast reads blocks and estimates gas and fees', async () => {
  const block = JSON.parse(await cast('block', '--json', 'latest'));
  assert.match(block.hash, /^0x[0-9a-f]{64}$/);
  assert.equal(BigInt(await cast('estimate', friend, '--value', '1')), 21_000n);
  assert.ok(BigInt(await cast('gas-price')) > 0n);
  assert.equal(BigInt(await cast('nonce', '--block', 'pending', owner)) > 0n, true);
  assert.equal(BigInt(await cast('storage', friend, '0')), 0n);
});
