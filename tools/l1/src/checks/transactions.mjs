// Transactions as a wallet makes them, blobs in either travelling form.
import { concatHex, fromRlp, toBytes, toHex, toRlp } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

import { DEV_ADDRESSES, DEV_MNEMONIC } from '../accounts.mjs';
import { cellProofs, loadKzg } from '../execution/kzg.mjs';

const BLOB_BYTES = 131_072;
const GWEI = 10n ** 9n;
// Not one of the validators' withdrawal accounts, whose balances move by themselves.
const SENDER = 5;

const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: SENDER });

/** A blob that begins with `text`, which has to fit into its first field element. */
export function blobOf(text) {
  const bytes = new Uint8Array(BLOB_BYTES);
  bytes.set(toBytes(text), 1);
  return toHex(bytes);
}

export async function sendValue({ rpc }) {
  const raw = await account.signTransaction({
    type: 'eip1559',
    to: DEV_ADDRESSES[7],
    value: GWEI,
    gas: 21_000n,
    ...(await common(rpc)),
  });
  return rpc('eth_sendRawTransaction', [raw]);
}

/** A creation that logs the topics 0xaa and 0xbb. */
export async function sendLog({ rpc }) {
  // PUSH1 bb PUSH1 aa PUSH0 PUSH0 LOG2 STOP
  const fields = { type: 'eip1559', data: '0x60bb60aa5f5fa200', gas: 100_000n };
  const raw = await account.signTransaction({ ...fields, ...(await common(rpc)) });
  return rpc('eth_sendRawTransaction', [raw]);
}

/** `form`: "4844" with a proof per blob, or "7594" with a proof per cell, the first of them `damaged`. */
export async function sendBlob({ rpc }, blob, form, { damaged = false } = {}) {
  const context = loadKzg();
  const kzg = {
    blobToKzgCommitment: (bytes) => context.blobToKzgCommitment(bytes),
    computeBlobKzgProof: (bytes, commitment) => context.computeBlobKzgProof(bytes, commitment),
  };
  const fees = { ...(await common(rpc)), maxFeePerBlobGas: 10n * GWEI };
  const raw = await account.signTransaction({
    type: 'eip4844',
    to: DEV_ADDRESSES[7],
    gas: 21_000n,
    blobs: [blob],
    kzg,
    ...fees,
  });
  return rpc('eth_sendRawTransaction', [form === '4844' ? raw : await withCellProofs(raw, damaged)]);
}

async function withCellProofs(raw, damaged) {
  const [transaction, blobs, commitments] = fromRlp(`0x${raw.slice(4)}`);
  const proofs = (await Promise.all(blobs.map(cellProofs))).flat();
  if (damaged) proofs[0] = proofs[1];
  return concatHex(['0x03', toRlp([transaction, '0x01', blobs, commitments, proofs])]);
}

async function common(rpc) {
  const nonce = Number(await rpc('eth_getTransactionCount', [account.address, 'pending']));
  return { chainId: Number(await rpc('eth_chainId')), nonce, maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: GWEI };
}
