#!/usr/bin/env node
// A second opinion on fixtures/refunds/fault_ids.json: every id as a wallet or dapp computes it with viem. Copy `faultId` to find the
// refund of a preconfirmation in TypeScript.
//
//   node tools/oracles/fault_ids.mjs     exit 1 if anything differs
import { readFileSync } from 'node:fs';
import { encodeAbiParameters, keccak256 } from 'viem';

/** The order of `FaultKind` in contracts/src/types/Faults.sol. */
const KINDS = ['late', 'unkept', 'lie', 'fork', 'brokenBase', 'falseClaim', 'order', 'doubleDelegation', 'missedSlot'];
const hashed = (types, values) => keccak256(encodeAbiParameters(types.map((type) => ({ type })), values));

/** `base` and `frag` are EIP-712 struct hashes: frag.base of a preconfirmation, and the hash of its frag; `index` is leaf.index. */
function faultId({ fault, gateway, rollup, base, frag, index, window, operator, place }) {
  const kind = KINDS.indexOf(fault);
  if (fault === 'unkept') return hashed(['uint8', 'uint32', 'address', 'bytes32', 'bytes32', 'uint256'], [kind, gateway, rollup, base, frag, BigInt(index)]);
  if (fault === 'late') return hashed(['uint8', 'uint32', 'address', 'uint64'], [kind, gateway, rollup, BigInt(window)]);
  if (operator) return hashed(['uint8', 'address', 'address', 'uint64'], [kind, operator, rollup, BigInt(place)]);
  return hashed(['uint8', 'uint32', 'address', 'bytes32'], [kind, gateway, rollup, base]);
}

const { faults, cases } = JSON.parse(readFileSync(new URL('../../fixtures/refunds/fault_ids.json', import.meta.url), 'utf8'));
const wrong = [
  ...faults.filter((fault) => faultId(fault) !== fault.id),
  ...cases.filter(({ gateway, rollup, base, key }) => hashed(['uint32', 'address', 'bytes32'], [gateway, rollup, base]) !== key),
];
if (wrong.length > 0 || faults.length === 0) {
  console.error(`fixtures/refunds/fault_ids.json: not what viem computes: ${JSON.stringify(wrong, null, 2)}`);
  process.exitCode = 1;
} else {
  console.log(`fixtures/refunds/fault_ids.json: ${faults.length} fault ids and ${cases.length} case keys, all as viem computes them`);
}
