// The whole system as a newcomer starts it: an L1 with validators, two gateways in turns, one of which dies, a follower that a wallet
// is pointed at, and a node of one's own that knows nothing but L1.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { viem, viemAccounts } from './packages.mjs';
import { devKey } from './gateway.mjs';
import { freePort, start } from './processes.mjs';

const SLOTS = 22;
const folder = await mkdtemp(join(tmpdir(), 'forebond-devnet-'));
let devnet;
let facts;
let node;

/** One JSON-RPC call. */
async function call(url, method, ...params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

/** Asks until the answer is there. */
async function until(what, deadlineMs, ask) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `${what} within ${deadlineMs} ms\n${devnet.output()}`);
    await pause(200);
  }
}

before(async () => {
  const [rpc, beacon, gateway, follower] = [await freePort(), await freePort(), await freePort(2), await freePort()];
  devnet = await start(
    process.env.FOREBOND_BIN,
    ['devnet', '--data-dir', join(folder, 'net'), '--exit-after', String(SLOTS), '--kill', 'gateway-2@12', '--spam', '10', '--seed', '4',
      '--l1-rpc-port', String(rpc), '--l1-beacon-port', String(beacon), '--gateway-port', String(gateway), '--follower-port', String(follower)],
    { ready: /^READY (.+)$/ },
  );
  facts = JSON.parse(await readFile(devnet.match[1], 'utf8'));
});

after(async () => {
  await node?.stop();
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a wallet pointed at the follower sends ether and has the receipt from the gateway whose turn it is', async () => {
  const url = facts.followers[0].rpc;
  const chain = viem.defineChain({ id: facts.rollup.chainId, name: 'devnet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } } });
  const account = viemAccounts.privateKeyToAccount(devKey(9));
  const reader = viem.createPublicClient({ chain, transport: viem.http(url) });
  const wallet = viem.createWalletClient({ account, chain, transport: viem.http(url) });
  const to = '0x00000000000000000000000000000000000f0bd0';
  const hash = await until('a gateway that takes the transaction', 20_000, () => wallet.sendTransaction({ to, value: 5n }).catch(() => null));
  const receipt = await reader.waitForTransactionReceipt({ hash, pollingInterval: 100 });
  assert.equal(receipt.status, 'success');
  assert.equal(await reader.getBalance({ address: to }), 5n);
  const promise = await call(url, 'eth_getPreconfirmation', hash);
  assert.ok(['posted', 'sealed', 'open'].includes(promise.grade), promise.grade);
});

test('windows alternate between the gateways', async () => {
  const seen = new Set();
  await until('both gateways had a window', 40_000, async () => {
    const { window } = await call(facts.followers[0].rpc, 'forebond_status');
    if (window) seen.add(Number(window.gateway));
    return seen.size >= 2;
  });
});

test('a node that knows only L1 derives the blocks the follower has', async () => {
  const port = await freePort();
  node = await start(
    process.env.FOREBOND_BIN,
    ['node', '--rollup', join(folder, 'net', 'rollup.json'), '--l1-rpc', facts.l1.rpc, '--l1-beacon', facts.l1.beacon,
      '--data-dir', join(folder, 'node'), '--http', `127.0.0.1:${port}`],
    { ready: /^READY (\S+)/ },
  );
  const own = node.match[1];
  const safe = await until('a safe block of its own', 40_000, async () => {
    const block = await call(own, 'eth_getBlockByNumber', 'safe', false);
    return Number(block.number) > 5 ? block : null;
  });
  const other = await until('the follower has it, too', 20_000, () => call(facts.followers[0].rpc, 'eth_getBlockByNumber', safe.number, false));
  assert.equal(safe.hash, other.hash);
});

test('one gateway dies and every promise is kept', async () => {
  const { code } = await Promise.race([devnet.end(), pause(180_000, { code: 'not over' }, { ref: false })]);
  assert.equal(code, 0, devnet.output());
  const [, promises, kept, broken] = devnet.output().match(/^(\d+) promises in \d+ slots: (\d+) kept, (\d+) broken/m).map(Number);
  assert.ok(promises > 50, devnet.output());
  assert.equal(broken, 0);
  assert.equal(kept, promises);
});
