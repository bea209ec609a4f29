// What is checked, in order; each goes on where the one before left the chain.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DEV_ADDRESSES } from '../accounts.mjs';
import { blobOf, sendBlob, sendLog, sendValue } from './transactions.mjs';

const STATE = fileURLToPath(new URL('../../state.mjs', import.meta.url));
const BEACON_ROOTS = '0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02';
const MISSED_SLOT = 6;

const spec = {};
const proposedBy = new Map();

export const checks = {
  'chain id, funded accounts and the deployment proxy are there': async ({ rpc, beacon }) => {
    assert.equal(await rpc('eth_chainId'), '0x7a69');
    for (const address of DEV_ADDRESSES)
      assert.equal(BigInt(await rpc('eth_getBalance', [address, 'latest'])), 10_000n * 10n ** 18n);
    assert.notEqual(await rpc('eth_getCode', ['0x4e59b44847b379578588920cA78FbF26c0B4956C', 'latest']), '0x');
    Object.assign(spec, await beacon('/eth/v1/config/spec'));
    assert.equal(spec.FULU_FORK_EPOCH, '0');
  },

  'validators withdraw to the operators in turn': async ({ beacon }) => {
    const validators = await beacon('/eth/v1/beacon/states/head/validators');
    for (const { index, status, validator } of validators) {
      assert.equal(status, 'active_ongoing');
      assert.equal(
        validator.withdrawal_credentials,
        `0x01${'00'.repeat(11)}${DEV_ADDRESSES[index % 2].slice(2).toLowerCase()}`,
      );
    }
  },

  'a slot can be missed': async ({ rpc, beacon }) => {
    await noteLookahead(beacon);
    await rpc('l1_plan', [MISSED_SLOT, { action: 'skip' }]);
    const { slot, headSlot } = await rpc('l1_advanceSlots', [MISSED_SLOT + 1]);
    assert.deepEqual([slot, headSlot], [MISSED_SLOT + 1, MISSED_SLOT + 1]);
    await assert.rejects(beacon(`/eth/v1/beacon/headers/${MISSED_SLOT}`), /404/);
    const { header } = await beacon(`/eth/v1/beacon/headers/${MISSED_SLOT + 1}`);
    assert.equal(header.message.parent_root, (await beacon(`/eth/v1/beacon/headers/${MISSED_SLOT - 1}`)).root);
    const { block_roots: roots } = await beacon('/eth/v2/debug/beacon/states/head');
    assert.equal(roots[MISSED_SLOT], roots[MISSED_SLOT - 1], 'a missed slot repeats the root before it');
    assert.notEqual(roots[MISSED_SLOT + 1], roots[MISSED_SLOT]);
  },

  'the lookahead names who proposes, and duties say the same': async ({ rpc, beacon, beaconFull }) => {
    const epochSlots = Number(spec.SLOTS_PER_EPOCH);
    for (let epoch = 1; epoch <= 2; epoch++) {
      await rpc('l1_advanceSlots', [epoch * epochSlots + 1 - (await rpc('l1_status')).slot]);
      await noteLookahead(beacon);
      for (const which of [epoch, epoch + 1]) {
        const [v1, v2] = await Promise.all(
          [1, 2].map((v) => beaconFull(`/eth/v${v}/validator/duties/proposer/${which}`)),
        );
        assert.deepEqual(v1.data, v2.data);
        for (const { slot, validator_index: index } of v2.data) assert.equal(index, proposedBy.get(Number(slot)));
        const lastBefore = which === epoch ? epochSlots * epoch - 1 : epochSlots * epoch + 1;
        assert.equal(v1.dependent_root, (await beacon(`/eth/v1/beacon/headers/${lastBefore}`)).root);
        const before = Math.max(0, epochSlots * (which - 1) - 1);
        assert.equal(v2.dependent_root, (await beacon(`/eth/v1/beacon/headers/${before}`)).root);
      }
    }
    await forEachBlock({ rpc, beacon }, ({ slot, proposer_index: proposer }) =>
      assert.equal(proposer, proposedBy.get(Number(slot)), `slot ${slot}`),
    );
  },

  'EIP-4788 in the execution chain holds the parent block of each beacon block': async ({ rpc, beacon }) => {
    const { genesis_time: genesisTime } = await beacon('/eth/v1/beacon/genesis');
    await forEachBlock({ rpc, beacon }, async ({ slot, parent_root: parent }) => {
      const { message } = await beacon(`/eth/v2/beacon/blocks/${slot}`);
      const { timestamp, block_hash: hash } = message.body.execution_payload;
      assert.equal(Number(timestamp), Number(genesisTime) + Number(slot) * Number(spec.SECONDS_PER_SLOT));
      const input = `0x${BigInt(timestamp).toString(16).padStart(64, '0')}`;
      assert.equal(await rpc('eth_call', [{ to: BEACON_ROOTS, data: input }, 'latest']), parent);
      assert.equal((await rpc('eth_getBlockByHash', [hash, false])).parentBeaconBlockRoot, parent);
    });
  },

  'finality advances, and the execution client follows it': async ({ rpc, beacon }) => {
    const { finalizedEpoch } = await rpc('l1_advanceSlots', [Number(spec.SLOTS_PER_EPOCH) * 2]);
    assert.ok(finalizedEpoch > 0, `got finalized epoch ${finalizedEpoch}, expected more than 0`);
    const { finalized } = await beacon('/eth/v1/beacon/states/head/finality_checkpoints');
    const { message } = await beacon(`/eth/v2/beacon/blocks/${finalized.root}`);
    assert.equal(
      (await rpc('eth_getBlockByNumber', ['finalized', false])).hash,
      message.body.execution_payload.block_hash,
    );
  },

  'a blob transaction is mined, and its blob is served until it is hidden': async (l1) => {
    const { rpc, beacon } = l1;
    const blob = blobOf('what was promised');
    for (const form of ['4844', '7594']) {
      const hash = await sendBlob(l1, blob, form);
      const { slot } = await rpc('l1_advanceSlots', [1]);
      const receipt = await rpc('eth_getTransactionReceipt', [hash]);
      assert.equal(receipt.status, '0x1');
      assert.equal(receipt.blobGasUsed, '0x20000');
      const { blobVersionedHashes: hashes } = await rpc('eth_getTransactionByHash', [hash]);
      assert.deepEqual(await beacon(`/eth/v1/beacon/blobs/${slot}`), [blob]);
      assert.deepEqual(await beacon(`/eth/v1/beacon/blobs/${slot}?versioned_hashes=${hashes[0]}`), [blob]);
      assert.deepEqual(await beacon(`/eth/v1/beacon/blobs/${slot}?versioned_hashes=0x01${'00'.repeat(31)}`), []);
      await rpc('l1_hideBlobs', [slot]);
      await assert.rejects(beacon(`/eth/v1/beacon/blobs/${slot}`), /404/);
      await rpc('l1_showBlobs', [slot]);
    }
    await assert.rejects(beacon('/eth/v1/beacon/blob_sidecars/head'), /410/);
    await assert.rejects(sendBlob(l1, blob, '7594', { damaged: true }), /not proven/);
  },

  'the rules are those of Osaka': async ({ rpc }) => {
    // PUSH0 CLZ PUSH0 MSTORE MSIZE PUSH0 RETURN as init code: leading zeros of 0 (EIP-7939).
    assert.equal(BigInt(await rpc('eth_call', [{ data: '0x5f1e5f52595ff3' }, 'latest'])), 256n);
    await assert.rejects(rpc('eth_estimateGas', [{ data: '0x5f5ffd' }, 'latest']), /revert/);
    assert.ok(
      BigInt(await rpc('eth_estimateGas', [{ from: DEV_ADDRESSES[0], data: '0x5f1e5f52595ff3', to: null }])) > 53_000n,
    );
    await assert.rejects(
      rpc('eth_estimateGas', [{ from: DEV_ADDRESSES[0], gas: '0x1000001', to: DEV_ADDRESSES[1] }]),
      /7825/,
    );
  },

  'logs match every topic of a filter, and a block is named by its hash for receipts and state': async (l1) => {
    const { rpc } = l1;
    const hash = await sendLog(l1);
    await rpc('l1_advanceSlots', [1]);
    const { blockHash } = await rpc('eth_getTransactionReceipt', [hash]);
    const topic = (byte) => `0x${byte.padStart(64, '0')}`;
    const [aa, bb] = [topic('aa'), topic('bb')];
    const found = async (topics) => (await rpc('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest', topics }])).length;
    for (const topics of [[], [aa], [aa, bb], [null, bb], [[bb, aa], [bb]]]) assert.equal(await found(topics), 1);
    for (const topics of [[bb], [aa, aa], [null, aa], [aa, bb, null, aa], [[bb]]]) assert.equal(await found(topics), 0);
    const receipts = await rpc('eth_getBlockReceipts', [blockHash]);
    assert.deepEqual(receipts.flatMap((receipt) => receipt.logs.map((log) => log.topics)), [[aa, bb]]);
    assert.equal(await rpc('eth_getBlockReceipts', [topic('1')]), null);
    const balance = (block) => rpc('eth_getBalance', [DEV_ADDRESSES[7], block]);
    for (const block of [blockHash, { blockHash }]) assert.equal(await balance(block), await balance('latest'));
    await assert.rejects(balance({ blockHash: topic('1') }), /not found/);
  },

  'a reorg replaces blocks, and their transactions come again': async (l1) => {
    const { rpc, beacon } = l1;
    const hashes = [await sendValue(l1), await sendBlob(l1, blobOf('again'), '4844')];
    const before = await rpc('l1_advanceSlots', [2]);
    const minedIn = await Promise.all(
      hashes.map(async (hash) => (await rpc('eth_getTransactionReceipt', [hash])).blockHash),
    );
    const after = await rpc('l1_reorg', [2]);
    assert.equal(after.slot, before.slot);
    assert.equal(after.blockNumber, before.blockNumber);
    assert.notEqual(after.headRoot, before.headRoot);
    for (const hash of hashes) assert.equal(await rpc('eth_getTransactionReceipt', [hash]), null);
    assert.equal((await beacon(`/eth/v1/beacon/headers/${before.headRoot}`)).canonical, false);
    const { slot } = await rpc('l1_advanceSlots', [1]);
    for (const [i, hash] of hashes.entries()) {
      const { status, blockHash } = await rpc('eth_getTransactionReceipt', [hash]);
      assert.equal(status, '0x1');
      assert.notEqual(blockHash, minedIn[i]);
    }
    assert.deepEqual(await beacon(`/eth/v1/beacon/blobs/${slot}`), [blobOf('again')]);
  },

  'a reorg can take the transactions along and leave a slot empty': async (l1) => {
    const { rpc, beacon } = l1;
    const hash = await sendValue(l1);
    const before = await rpc('l1_advanceSlots', [3]);
    const minedIn = (await rpc('eth_getTransactionReceipt', [hash])).blockHash;
    const after = await rpc('l1_reorg', [{ depth: 3, missFirst: true, withTransactions: true }]);
    assert.equal(after.blockNumber, before.blockNumber - 1);
    await assert.rejects(beacon(`/eth/v1/beacon/headers/${before.slot - 2}`), /404/);
    const { status, blockHash } = await rpc('eth_getTransactionReceipt', [hash]);
    assert.equal(status, '0x1');
    assert.notEqual(blockHash, minedIn);
  },

  'state.mjs foretells the state of slots to come': async ({ rpc, beacon, beaconBytes }) => {
    const folder = mkdtempSync(join(tmpdir(), 'forebond-state-'));
    try {
      const file = join(folder, 'state.ssz');
      writeFileSync(file, await beaconBytes('/eth/v2/debug/beacon/states/head'));
      const count = Number(spec.SLOTS_PER_EPOCH) + 1;
      const told = JSON.parse(
        execFileSync(
          process.execPath,
          [STATE, file, '--preset', spec.PRESET_BASE, '--slots', String(count), '--prove', 'proposer_lookahead.0'],
          { encoding: 'utf8' },
        ),
      );
      assert.equal(told.root, (await beacon('/eth/v1/beacon/states/head/root')).root);
      assert.equal(told.headerRoot, (await beacon('/eth/v1/beacon/headers/head')).root);
      await rpc('l1_stall');
      const { slot } = await rpc('l1_advanceSlots', [count]);
      assert.equal(told.rootAfterNSlots, (await beacon(`/eth/v1/beacon/states/${slot}/root`)).root);
      assert.deepEqual(told.lookaheadAfter, await beacon(`/eth/v1/beacon/states/${slot}/proposer_lookahead`));
      await rpc('l1_resume');
      assert.equal((await rpc('l1_advanceSlots', [1])).headSlot, slot + 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },

  'bad requests are refused by name': async ({ rpc, beacon }) => {
    await assert.rejects(rpc('l1_reorg', [100_000]), /expected 1 to/);
    await assert.rejects(rpc('l1_plan', [1, { action: 'skip' }]), /is over/);
    await assert.rejects(rpc('l1_plan', [1_000_000, { action: 'dance' }]), /expected one of/);
    await assert.rejects(rpc('eth_sendRawTransaction', ['0x03c0']), /EIP-4844/);
    await assert.rejects(beacon('/eth/v1/beacon/headers/latest'), /400/);
    await assert.rejects(beacon('/eth/v1/validator/duties/proposer/100000'), /400/);
  },
};

export const byTheClock = {
  'blocks come by the clock, and events tell of them': async ({ urls, beacon }) => {
    const [{ genesis_time: genesisTime }, { SECONDS_PER_SLOT: slotTime }] = await Promise.all(
      ['/eth/v1/beacon/genesis', '/eth/v1/config/spec'].map(beacon),
    );
    const seen = await readEvents(`${urls.beacon}/eth/v1/events?topics=head`, 4);
    for (const [i, { slot, receivedMs }] of seen.entries()) {
      const begins = (Number(genesisTime) + Number(slot) * Number(slotTime)) * 1000;
      assert.ok(receivedMs >= begins, `slot ${slot} came ${begins - receivedMs} ms before its time`);
      if (i > 0) assert.ok(Number(slot) > Number(seen[i - 1].slot));
    }
  },

  'slots cannot be advanced by hand': async ({ rpc }) => {
    await assert.rejects(rpc('l1_advanceSlots', [1]), /real time/);
  },
};

export async function afterStop({ exit, complaints, urls }) {
  assert.equal(exit, 0, complaints.join('\n'));
  assert.deepEqual(complaints, []);
  for (const url of Object.values(urls)) await assert.rejects(fetch(url));
}

async function noteLookahead(beacon) {
  const [lookahead, { header }] = await Promise.all([
    beacon('/eth/v1/beacon/states/head/proposer_lookahead'),
    beacon('/eth/v1/beacon/headers/head'),
  ]);
  const first = Number(header.message.slot) - (Number(header.message.slot) % Number(spec.SLOTS_PER_EPOCH));
  for (const [i, proposer] of lookahead.entries()) proposedBy.set(first + i, proposer);
}

/** Calls `check` with the header of each canonical block after genesis. */
async function forEachBlock({ rpc, beacon }, check) {
  const { slot: newest } = await rpc('l1_status');
  for (let slot = 1; slot <= newest; slot++) {
    if (slot === MISSED_SLOT) continue;
    const { header } = await beacon(`/eth/v1/beacon/headers/${slot}`);
    await check(header.message);
  }
}

async function readEvents(url, count) {
  const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: AbortSignal.timeout(30_000) });
  const seen = [];
  let text = '';
  for await (const chunk of response.body) {
    text += Buffer.from(chunk).toString('utf8');
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines)
      if (line.startsWith('data: ')) seen.push({ ...JSON.parse(line.slice('data: '.length)), receivedMs: Date.now() });
    if (seen.length >= count) return seen;
  }
  throw new Error('the event stream ended');
}
