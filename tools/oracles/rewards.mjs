#!/usr/bin/env node
// An outside opinion on what the RewardsManager reads of a rollup's state: fixtures/rewards/fee_proof.json is a block of anvil, with the
// genesis code of the fee vaults, tips that anvil credits to its coinbase without a call, and the answers of eth_getProof. What had come in
// is summed up here from transactions and receipts, not from balances.
//
//   node tools/oracles/rewards.mjs           write the fixture; anvil draws its own randomness, so each run is another block
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createTestClient, createWalletClient, http, keccak256, parseEther, parseGwei, publicActions, toFunctionSelector, toHex, toRlp } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { startAnvil } from '../../tests/e2e/anvil.mjs';

const codes = new URL('../../crates/rollup/src/op/predeploys/', import.meta.url);
const folder = new URL('../../fixtures/rewards/', import.meta.url);
const MANAGER = '0x4200000000000000000000000000000000000011';
const BASE_FEES = '0x4200000000000000000000000000000000000019';
const L1_FEES = '0x420000000000000000000000000000000000001A';
const OPERATOR_FEES = '0x420000000000000000000000000000000000001b';
const SLOT_ZERO = toHex(0, { size: 32 });

/** RLP of a header, field by field; its keccak-256 must be the block's hash. */
function headerRlp(block) {
  const number = (value) => (BigInt(value) === 0n ? '0x' : toHex(BigInt(value)));
  const fields = [
    block.parentHash, block.sha3Uncles, block.miner, block.stateRoot, block.transactionsRoot, block.receiptsRoot, block.logsBloom,
    number(block.difficulty), number(block.number), number(block.gasLimit), number(block.gasUsed), number(block.timestamp), block.extraData,
    block.mixHash, block.nonce, number(block.baseFeePerGas), block.withdrawalsRoot, number(block.blobGasUsed), number(block.excessBlobGas),
    block.parentBeaconBlockRoot, block.requestsHash,
  ];
  const header = toRlp(fields);
  if (keccak256(header) !== block.hash) throw new Error(`the header hashes to ${keccak256(header)}, the block's hash is ${block.hash}`);
  return header;
}

async function record(url) {
  const chain = createTestClient({ mode: 'anvil', transport: http(url) }).extend(publicActions);
  const account = mnemonicToAccount('test test test test test test test test test test test junk');
  const wallet = createWalletClient({ account, transport: http(url), chain: { id: 9545, name: 'oracle', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [url] } } } });
  for (const [address, file] of [[MANAGER, 'rewards_manager'], [BASE_FEES, 'fee_vault'], [L1_FEES, 'fee_vault'], [OPERATOR_FEES, 'operator_fee_vault']]) {
    await chain.setCode({ address, bytecode: `0x${readFileSync(new URL(`${file}.hex`, codes), 'utf8').trim()}` });
  }
  await chain.setCoinbase({ address: MANAGER });
  await chain.setBlockTimestampInterval({ interval: 1 });

  let tipsWei = 0n;
  let nonce = 0;
  async function send(to, value, data = '0x') {
    const hash = await wallet.sendTransaction({ to, value, data, nonce: nonce++, gas: 300_000n, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`a transaction to ${to} failed`);
    const { baseFeePerGas } = await chain.getBlock({ blockNumber: receipt.blockNumber });
    tipsWei += (receipt.effectiveGasPrice - baseFeePerGas) * receipt.gasUsed;
  }
  const withdraw = toFunctionSelector('withdraw()');
  await send(BASE_FEES, parseEther('0.3'));
  await send(L1_FEES, parseEther('0.7'));
  await send(OPERATOR_FEES, parseEther('0.11'));
  await send(OPERATOR_FEES, 0n, withdraw);
  await send(L1_FEES, 0n, withdraw);
  await send(L1_FEES, parseEther('0.05'));

  const number = await chain.getBlockNumber();
  const block = await chain.request({ method: 'eth_getBlockByNumber', params: [toHex(number), false] });
  const proofOf = (address) => chain.request({ method: 'eth_getProof', params: [address, [SLOT_ZERO], toHex(number)] });
  const [manager, baseFees, l1Fees, operatorFees] = await Promise.all([MANAGER, BASE_FEES, L1_FEES, OPERATOR_FEES].map(proofOf));
  return {
    about: 'A block of anvil with the fee vaults in it, and eth_getProof of their accounts. Made by tools/oracles/rewards.mjs.',
    number: Number(number),
    hash: block.hash,
    header: headerRlp(block),
    manager: manager.accountProof,
    baseFees: baseFees.accountProof,
    l1Fees: l1Fees.accountProof,
    operatorFees: operatorFees.accountProof,
    managerProcessed: manager.storageProof[0].proof,
    l1Processed: l1Fees.storageProof[0].proof,
    sharedWei: (tipsWei + parseEther('0.3') + parseEther('0.11')).toString(),
    l1FeesWei: parseEther('0.75').toString(),
  };
}

const anvil = await startAnvil(['--timestamp', '1700000000']);
try {
  const recorded = await record(anvil.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('fee_proof.json', folder), `${JSON.stringify(recorded, null, 2)}\n`);
  console.log(`fixtures/rewards: wrote fee_proof.json, block ${recorded.number}`);
} finally {
  await anvil.stop();
}
