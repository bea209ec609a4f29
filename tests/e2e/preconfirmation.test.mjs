// The object a user holds: fetched from the gateway, written to a file, checked with the gateway gone.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { forebond, gatewayOnly, pool, sealed, startGateway, token, viemClients } from './gateway.mjs';
import { viem } from './packages.mjs';

const ETHER = 10n ** 18n;

let folder;
let gateway;
let committer;
let promise;
let swapHash;

/** Deploys the exchange and swaps; returns the hash of the swap. */
async function swap(gateway) {
  const { reader, wallet } = viemClients(gateway);
  const owner = wallet(0);
  const done = async (hash) => {
    const receipt = await reader.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, 'success');
    return receipt;
  };
  const deploy = async ({ abi, bytecode }, args) => (await done(await owner.deployContract({ abi, bytecode, args }))).contractAddress;
  const first = await deploy(token, ['First', 'ONE', 1_000n * ETHER]);
  const second = await deploy(token, ['Second', 'TWO', 1_000n * ETHER]);
  const exchange = await deploy(pool, [first, second]);
  for (const address of [first, second]) {
    await done(await owner.writeContract({ abi: token.abi, address, functionName: 'approve', args: [exchange, viem.maxUint256] }));
  }
  await done(await owner.writeContract({ abi: pool.abi, address: exchange, functionName: 'addLiquidity', args: [ETHER, ETHER, 0n] }));
  const receipt = await done(await owner.writeContract({
    abi: pool.abi, address: exchange, functionName: 'swap', args: [first, ETHER / 100n, 0n, owner.account.address],
  }));
  return receipt.transactionHash;
}

/** Writes the object to a file and verifies it: { code, stdout, stderr }. */
async function verify(object, gatewayAddress = committer) {
  const file = join(folder, 'preconfirmation.json');
  await writeFile(file, typeof object === 'string' ? object : JSON.stringify(object, null, 2));
  return forebond('verify', file, '--gateway', gatewayAddress);
}

/** Every value in the object that can be changed, as paths. */
function leaves(value, path = []) {
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
  }
  return value === null ? [] : [path];
}

/** A copy of the object with the last bit of one value flipped. */
function flipped(object, path) {
  const copy = structuredClone(object);
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce((inner, key) => inner[key], copy);
  const value = parent[last];
  if (typeof value === 'boolean') parent[last] = !value;
  else if (typeof value === 'number') parent[last] = Number(BigInt(value) ^ 1n);
  else if (/^[0-9]+$/.test(value)) parent[last] = String(BigInt(value) ^ 1n);
  else if (/^0x[0-9a-f]+$/i.test(value)) parent[last] = value.slice(0, -1) + (Number.parseInt(value.at(-1), 16) ^ 1).toString(16);
  else if (value === '0x') parent[last] = '0x01';
  else parent[last] = `${value}x`;
  return copy;
}

before(async () => {
  if (gatewayOnly.skip) return;
  folder = await mkdtemp(join(tmpdir(), 'forebond-promise-'));
  gateway = await startGateway();
  const { reader } = viemClients(gateway);
  ({ committer } = await reader.request({ method: 'eth_getGatewayStatus', params: [] }));
  swapHash = await swap(gateway);
  promise = await reader.request({ method: 'eth_getPreconfirmation', params: [swapHash] });
  await gateway.stop();
});

after(async () => {
  await gateway?.remove();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('a preconfirmation verifies offline, with the gateway stopped, and says in words what it promises', gatewayOnly, async () => {
  const { code, stdout, stderr } = await verify(promise);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.toLowerCase().includes(swapHash), `the transaction should be named in:\n${stdout}`);
});

test('a preconfirmation of another gateway is refused', gatewayOnly, async () => {
  const { code, stdout, stderr } = await verify(promise, '0x00000000000000000000000000000000000000AA');
  assert.equal(code, 1);
  assert.match(stdout + stderr, /00000000000000000000000000000000000000aa/i, 'the refusal should say which gateway was expected');
});

test('one flipped bit in any field makes it invalid', gatewayOnly, async () => {
  const paths = leaves(promise);
  assert.ok(paths.length >= 20, `only ${paths.length} values in the object`);
  const accepted = [];
  for (const path of paths) {
    const { code, stdout, stderr } = await verify(flipped(promise, path));
    assert.notEqual(code, null, `${path.join('.')}: the verifier did not end by itself`);
    assert.doesNotMatch(stdout + stderr, /panicked/, path.join('.'));
    if (code !== 1) accepted.push(`${path.join('.')} (exit ${code})`);
  }
  assert.deepEqual(accepted, []);
});

test('a missing field, a cut file and an empty one are refused in words, not with a panic', gatewayOnly, async () => {
  const whole = JSON.stringify(promise);
  const without = Object.keys(promise).map((key) => JSON.stringify({ ...promise, [key]: undefined }));
  for (const text of ['', '{}', '[]', 'null', whole.slice(0, whole.length / 2), `${whole}${whole}`, ...without]) {
    const { code, stdout, stderr } = await verify(text);
    assert.equal(code, 1, text.slice(0, 80));
    assert.doesNotMatch(stdout + stderr, /panicked/);
    assert.ok((stdout + stderr).trim().length > 0);
  }
});

test('after a restart on the same data directory the promise is in the chain, at its place', gatewayOnly, async () => {
  gateway = await startGateway({ dataDir: gateway.dataDir });
  const { reader } = viemClients(gateway);
  const again = await reader.request({ method: 'eth_getPreconfirmation', params: [swapHash] });
  assert.deepEqual(again, promise);
  const receipt = await reader.waitForTransactionReceipt({ hash: swapHash });
  await sealed(reader, receipt.blockNumber);
  const { blockNumber, blockHash, transactionIndex } = await reader.getTransactionReceipt({ hash: swapHash });
  const block = await reader.getBlock({ blockNumber });
  assert.equal(block.hash, blockHash);
  assert.equal(block.transactions[transactionIndex], swapHash);
});
