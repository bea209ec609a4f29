// The frozen predeploy code (crates/rollup/src/op/predeploys) on anvil, an EVM nobody here wrote: the L1 attributes
// calldata is accepted from the depositor only, and lands in the storage slots the OP rules read.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startAnvil } from './anvil.mjs';
import { viem } from './packages.mjs';

const L1_BLOCK = '0x4200000000000000000000000000000000000015';
const GAS_PRICE_ORACLE = '0x420000000000000000000000000000000000000F';
const MESSAGE_PASSER = '0x4200000000000000000000000000000000000016';
const OPERATOR_FEE_VAULT = '0x420000000000000000000000000000000000001b';
const BASE_FEE_VAULT = '0x4200000000000000000000000000000000000019';
const DEPOSITOR = '0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001';

const file = { [L1_BLOCK]: 'l1_block', [GAS_PRICE_ORACLE]: 'gas_price_oracle', [MESSAGE_PASSER]: 'l2_to_l1_message_passer', [OPERATOR_FEE_VAULT]: 'operator_fee_vault' };

// Every field has its own value, so that a swapped pair cannot go unseen.
const attributes = {
  baseFeeScalar: 0x01020304, blobBaseFeeScalar: 0x05060708, sequenceNumber: 0x1112131415161718n,
  timestamp: 0x2122232425262728n, number: 0x3132333435363738n, baseFee: 7_000_000_001n, blobBaseFee: 3_000_002n,
  hash: `0x${'ab'.repeat(32)}`, batcherHash: `0x${'00'.repeat(12)}${'cd'.repeat(20)}`,
  operatorFeeScalar: 0x41424344, operatorFeeConstant: 0x5152535455565758n,
};

/** setL1BlockValuesIsthmus(): selector, then the fields packed without padding. */
function calldata(a) {
  return viem.concat([
    viem.toFunctionSelector('setL1BlockValuesIsthmus()'),
    viem.encodePacked(
      ['uint32', 'uint32', 'uint64', 'uint64', 'uint64', 'uint256', 'uint256', 'bytes32', 'bytes32', 'uint32', 'uint64'],
      [a.baseFeeScalar, a.blobBaseFeeScalar, a.sequenceNumber, a.timestamp, a.number, a.baseFee, a.blobBaseFee, a.hash, a.batcherHash,
        a.operatorFeeScalar, a.operatorFeeConstant],
    ),
  ]);
}

let anvil;
let client;

/** Sends from any account, without a key and without a fee. */
async function sendFrom(from, to, data, value = 0n) {
  await client.request({ method: 'anvil_impersonateAccount', params: [from] });
  const hash = await client.request({
    method: 'eth_sendTransaction', params: [{ from, to, data, value: viem.toHex(value), gas: '0xf4240', gasPrice: '0x0' }],
  });
  return client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
}

async function slot(address, index) {
  return viem.pad(await client.getStorageAt({ address, slot: viem.toHex(index) }), { size: 32 }).slice(2);
}

function read(address, signature, args = []) {
  const abi = viem.parseAbi([`function ${signature}`]);
  return client.readContract({ address, abi, functionName: abi[0].name, args });
}

before(async () => {
  anvil = await startAnvil(['--block-base-fee-per-gas', '0', '--gas-price', '0']);
  client = viem.createPublicClient({ transport: viem.http(anvil.url) });
  for (const [address, name] of Object.entries(file)) {
    const code = readFileSync(new URL(`../../crates/rollup/src/op/predeploys/${name}.hex`, import.meta.url), 'utf8').trim();
    await client.request({ method: 'anvil_setCode', params: [address, `0x${code}`] });
  }
});

after(() => anvil?.stop());

test('the L1 attributes calldata of Isthmus is 176 bytes and the depositor may send it', async () => {
  const data = calldata(attributes);
  assert.equal(viem.size(data), 176);
  assert.equal(viem.slice(data, 0, 4), '0x098999be');
  assert.equal((await sendFrom(DEPOSITOR, L1_BLOCK, data)).status, 'success');
});

test('nobody but the depositor may set the L1 attributes', async () => {
  const stranger = '0x00000000000000000000000000000000000000aa';
  assert.equal((await sendFrom(stranger, L1_BLOCK, calldata({ ...attributes, baseFee: 1n }))).status, 'reverted');
});

test('the attributes land in the slots that the fee rules read', async () => {
  assert.equal(BigInt(`0x${await slot(L1_BLOCK, 1)}`), attributes.baseFee);
  assert.equal(await slot(L1_BLOCK, 2), attributes.hash.slice(2));
  // Slot 3: base fee scalar at byte 16, blob base fee scalar at byte 20, sequence number at byte 24.
  assert.equal((await slot(L1_BLOCK, 3)).slice(32), '01020304' + '05060708' + '1112131415161718');
  assert.equal(await slot(L1_BLOCK, 4), attributes.batcherHash.slice(2));
  assert.equal(BigInt(`0x${await slot(L1_BLOCK, 7)}`), attributes.blobBaseFee);
  // Slot 8: operator fee scalar at byte 20, operator fee constant at byte 24.
  assert.equal((await slot(L1_BLOCK, 8)).slice(40), '41424344' + '5152535455565758');
});

test('the L1Block getters answer what was set', async () => {
  assert.equal(await read(L1_BLOCK, 'number() view returns (uint64)'), attributes.number);
  assert.equal(await read(L1_BLOCK, 'timestamp() view returns (uint64)'), attributes.timestamp);
  assert.equal(await read(L1_BLOCK, 'hash() view returns (bytes32)'), attributes.hash);
  assert.equal(await read(L1_BLOCK, 'operatorFeeConstant() view returns (uint64)'), attributes.operatorFeeConstant);
});

test('the gas price oracle has its three upgrades on when slot 0 holds 0x010101', async () => {
  for (const upgrade of ['setEcotone()', 'setFjord()', 'setIsthmus()']) {
    assert.equal((await sendFrom(DEPOSITOR, GAS_PRICE_ORACLE, viem.toFunctionSelector(upgrade))).status, 'success', upgrade);
  }
  assert.equal(BigInt(`0x${await slot(GAS_PRICE_ORACLE, 0)}`), 0x010101n);
  // The cheapest transaction counts as 100 compressed bytes: cost / 10^12 of scaled fees (Fjord fee formula).
  const scaled = 16n * BigInt(attributes.baseFeeScalar) * attributes.baseFee + BigInt(attributes.blobBaseFeeScalar) * attributes.blobBaseFee;
  assert.equal(await read(GAS_PRICE_ORACLE, 'getL1Fee(bytes) view returns (uint256)', ['0x02']), (100_000_000n * scaled) / 10n ** 12n);
});

test('a withdrawal message is recorded and logged by the message passer', async () => {
  const target = '0x00000000000000000000000000000000000000bb';
  const data = viem.encodeFunctionData({
    abi: viem.parseAbi(['function initiateWithdrawal(address,uint256,bytes) payable']), args: [target, 100_000n, '0x1234'],
  });
  const sender = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
  const receipt = await sendFrom(sender, MESSAGE_PASSER, data, 5n);
  assert.equal(receipt.status, 'success');
  const [{ args }] = viem.parseEventLogs({
    abi: viem.parseAbi(['event MessagePassed(uint256 indexed nonce, address indexed sender, address indexed target, uint256 value, uint256 gasLimit, bytes data, bytes32 withdrawalHash)']),
    logs: receipt.logs,
  });
  assert.deepEqual([args.sender, args.value, args.data], [sender, 5n, '0x1234']);
  assert.equal(await read(MESSAGE_PASSER, 'sentMessages(bytes32) view returns (bool)', [args.withdrawalHash]), true);
});

test('the operator fee vault pays out to the base fee vault', async () => {
  await client.request({ method: 'anvil_setBalance', params: [OPERATOR_FEE_VAULT, '0x7b'] });
  const receipt = await sendFrom(DEPOSITOR, OPERATOR_FEE_VAULT, viem.toFunctionSelector('withdraw()'));
  assert.equal(receipt.status, 'success');
  assert.equal(await client.getBalance({ address: BASE_FEE_VAULT }), 123n);
});

test('the deterministic deployment proxy is the code the Rust constant freezes', async () => {
  const readme = readFileSync(new URL('../../crates/rollup/src/op/predeploys/README.md', import.meta.url), 'utf8');
  const proxy = await client.getCode({ address: '0x4e59b44847b379578588920cA78FbF26c0B4956C' });
  assert.ok(readme.includes(proxy.slice(2)), `README.md should state ${proxy}`);
});
