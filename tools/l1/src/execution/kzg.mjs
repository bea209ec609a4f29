// Arithmetic of blobs (EIP-4844, EIP-7594) by native code, beside the thread that makes blocks: some 40 ms for a blob.
// The tables are made once, which takes two seconds.
import { createRequire } from 'node:module';

import { hexToBytes } from 'viem';

// The library is whole in its platform package; what stands before it only chooses the platform.
const { DasContextJs } = createRequire(import.meta.url)('@crate-crypto/node-eth-kzg-linux-x64-gnu');

export const CELLS = 128;
const INDICES = Array.from({ length: CELLS }, (_, index) => index);
let context = null;

/** To be called before anybody waits for a block. */
export function loadKzg() {
  context ??= DasContextJs.create({ usePrecomp: false });
  return context;
}

/** Does `proof` show that `commitment` is that of `blob`? All in hex. */
export function provesBlob(blob, commitment, proof) {
  return loadKzg().asyncVerifyBlobKzgProof(...[blob, commitment, proof].map((hex) => hexToBytes(hex)));
}

/** Do `proofs` show of every cell of `blob` that it belongs to `commitment`? */
export async function provesCells(blob, commitment, proofs) {
  const cells = await loadKzg().asyncComputeCells(hexToBytes(blob));
  const commitments = Array(CELLS).fill(hexToBytes(commitment));
  return loadKzg().asyncVerifyCellKzgProofBatch(commitments, INDICES, cells, proofs.map((proof) => hexToBytes(proof)));
}

/** The proofs of all cells of `blob`: half a second. */
export async function cellProofs(blob) {
  const { proofs } = await loadKzg().asyncComputeCellsAndKzgProofs(hexToBytes(blob));
  return proofs.map((proof) => `0x${Buffer.from(proof).toString('hex')}`);
}
