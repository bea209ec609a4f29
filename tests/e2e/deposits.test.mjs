// Nobody sequences any more: what users deposit through the Portal on L1 still arrives, and the rollup goes on.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { devKey } from './gateway.mjs';
import { viem, viemAccounts } from './packages.mjs';
import { freePort, start } from './processes.mjs';

const PORTAL = viem.parseAbi(['function depositTransaction(address to, uint256 valueWei, uint64 gasLimit, bool isCreation, bytes data) payable']);
const folder = await mkdtemp(join(tmpdir(), 'forebond-deposits-'));
let devnet;
let facts;
const returned = [];

before(async () => {
  const ports = [];
  for (const option of ['--l1-rpc-port', '--l1-beacon-port', '--gateway-port', '--follower-port']) ports.push(option, String(await freePort(option === '--gateway-port' ? 2 : 1)));
  devnet = await start(
    process.env.FOREBOND_BIN,
    ['devnet', '--data-dir', join(folder, 'net'), '--slot-time', '1s', '--spam', '0', '--kill', 'gateway-1@3', '--kill', 'gateway-2@3', ...ports],
    { ready: /^READY (.+)$/ },
  );
  facts = JSON.parse(await readFile(devnet.match[1], 'utf8'));
});

after(async () => {
  for (const process of returned) {
    await process.stop();
    if (global.process.env.FOREBOND_E2E_SHOW) console.log(process.output());
  }
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Asks until the answer is true. */
async function until(what, deadlineMs, ask) {
  const end = Date.now() + deadlineMs;
  while (!(await ask())) {
    assert.ok(Date.now() < end, `${what} within ${deadlineMs} ms\n${devnet.output()}`);
    await pause(250);
  }
}

test('with every gateway dead a deposit arrives on the rollup and blocks go on', async () => {
  const node = viem.createPublicClient({ transport: viem.http(facts.followers[0].rpc) });
  const l1 = viem.createPublicClient({ transport: viem.http(facts.l1.rpc) });
  const chain = viem.defineChain({ id: facts.l1.chainId, name: 'l1', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [facts.l1.rpc] } } });
  const wallet = viem.createWalletClient({ account: viemAccounts.privateKeyToAccount(devKey(9)), chain, transport: viem.http(facts.l1.rpc) });
  const gone = async ({ rpc }) => fetch(rpc, { method: 'POST' }).then(() => false, () => true);
  await until('both gateways are dead', 30_000, async () => (await Promise.all(facts.gateways.map(gone))).every(Boolean));

  const before = await node.getBlockNumber({ cacheTime: 0 });
  const to = '0x000000000000000000000000000000000000dead';
  const hash = await wallet.writeContract({
    address: facts.contracts.Portal, abi: PORTAL, functionName: 'depositTransaction', args: [to, 7n, 100_000n, false, '0x'], value: 7n,
  });
  assert.equal((await l1.waitForTransactionReceipt({ hash, pollingInterval: 200 })).status, 'success');
  await until('the deposit on the rollup', 120_000, async () => (await node.getBalance({ address: to })) === 7n);
  const arrived = await node.getBlockNumber({ cacheTime: 0 });
  assert.ok(arrived > before, `${arrived} is after ${before}`);
  await until('blocks after it', 60_000, async () => (await node.getBlock({ blockTag: 'safe' })).number > arrived);
});

test('a gateway that was away for longer than any queue holds follows L1 to its head and takes its turns again', async () => {
  const [gateway] = facts.gateways;
  const blockOf = async () => Number(await viem.createPublicClient({ transport: viem.http(facts.l1.rpc) }).getBlockNumber({ cacheTime: 0 }));
  const { l1 } = JSON.parse(await readFile(facts.rollup.file, 'utf8'));
  await until('L1 is 70 blocks further than the rollup began', 90_000, async () => (await blockOf()) > l1.start.number + 70);
  const common = ['--rollup', facts.rollup.file, '--l1-rpc', facts.l1.rpc, '--l1-beacon', facts.l1.beacon];
  const keys = { FOREBOND_COMMITTER_KEY: gateway.committerKey, FOREBOND_BATCHER_KEY: gateway.batcherKey };
  returned.push(await start(
    process.env.FOREBOND_BIN,
    ['gateway', ...common, '--http', gateway.rpc.replace('http://', ''), '--data-dir', join(folder, 'returned'),
      '--guard-dir', join(folder, 'net', 'gateway-1-guard'), '--metrics', 'off'],
    { ready: /^READY /, env: keys },
  ));
  // It proves who proposes, too: nobody else does while everybody is away.
  returned.push(await start(process.env.FOREBOND_BIN, ['batcher', ...common, '--gateway', gateway.rpc, '--data-dir', join(folder, 'batcher')], { ready: null, env: keys }));
  const chain = viem.defineChain({ id: facts.rollup.chainId, name: 'devnet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [facts.followers[0].rpc] } } });
  const account = viemAccounts.privateKeyToAccount(devKey(8));
  const wallet = viem.createWalletClient({ account, chain, transport: viem.http(facts.followers[0].rpc) });
  const node = viem.createPublicClient({ chain, transport: viem.http(facts.followers[0].rpc) });
  let hash;
  await until('a transaction is taken', 60_000, async () => {
    hash = await wallet.sendTransaction({ to: account.address, value: 1n }).catch(() => null);
    return hash !== null;
  });
  const receipt = await node.waitForTransactionReceipt({ hash, pollingInterval: 100 });
  assert.equal(receipt.status, 'success');
  // And what it promises ends up on L1.
  await until('the promised block is safe', 60_000, async () => (await node.getBlock({ blockTag: 'safe' })).number >= receipt.blockNumber);
  assert.equal((await node.getTransactionReceipt({ hash })).blockHash, (await node.getBlock({ blockNumber: receipt.blockNumber })).hash);
  assert.equal((await node.getTransactionReceipt({ hash })).blockNumber, receipt.blockNumber);
});
