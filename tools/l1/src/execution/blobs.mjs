// Blob transactions as they travel: a transaction with its blobs around it, in the form of EIP-4844 (a proof per blob)
// or of EIP-7594 (a proof per cell of each blob, since Osaka).
//
// The execution client's own arithmetic knows no cells, so the client is told to believe (child.mjs), and what a blob
// transaction stands for is checked here, proof by proof.
import { createHash } from 'node:crypto';

import { concatHex, fromRlp, keccak256, toRlp } from 'viem';

import { CELLS, cellProofs, provesBlob, provesCells } from './kzg.mjs';

const TYPE = '0x03';
const CELL_PROOFS_VERSION = '0x01';
const BLOB_HEX_LENGTH = 2 + 2 * 131_072;
const MAX_BLOBS = 6;
const KEPT_ANSWERS = 64;
// By blob, commitment and proofs: a fee bump sends the same blobs again. Each is a promise of the proofs of the blob's
// cells, or null where what came proves nothing.
const answers = new Map();

export function isBlobTransaction(raw) {
  return raw.startsWith(TYPE);
}

/** The form the execution client takes; throws on what is in neither form, or does not fit together. */
export async function toCellProofForm(raw) {
  const fields = fieldsOf(raw);
  const cells = fields.length === 5 && fields[1] === CELL_PROOFS_VERSION;
  if (!cells && fields.length !== 4)
    throw new Error('a blob transaction travels with its blobs: got neither the form of EIP-4844 nor that of EIP-7594');
  const [transaction] = fields;
  const [blobs, commitments, proofs] = fields.slice(-3);
  if (![blobs, commitments, proofs].every(Array.isArray) || blobs.length < 1 || blobs.length > MAX_BLOBS) {
    throw new Error(`got ${blobs?.length} blobs, expected 1 to ${MAX_BLOBS}`);
  }
  const expected = blobs.length * (cells ? CELLS : 1);
  if (commitments.length !== blobs.length || proofs.length !== expected) {
    throw new Error(
      `got ${commitments.length} commitments and ${proofs.length} proofs, expected ${blobs.length} and ${expected}`,
    );
  }
  const each = proofs.length / blobs.length;
  const proven = await Promise.all(
    blobs.map((blob, i) => expectProven(blob, commitments[i], proofs.slice(i * each, (i + 1) * each))),
  );
  return cells ? raw : travelling(transaction, blobs, commitments, proven.flat());
}

/**
 * The travelling form again of a transaction as it stands in a block, from the blobs kept with that block; null if
 * they are not there.
 */
export function withBlobs(raw, { blobs, commitments, proofs, hashes }) {
  const transaction = fieldsOf(raw);
  // EIP-4844: the versioned hashes are the eleventh field of the transaction.
  const places = transaction[10].map((hash) => hashes.indexOf(hash));
  if (places.includes(-1)) return null;
  return travelling(
    transaction,
    places.map((place) => blobs[place]),
    places.map((place) => commitments[place]),
    places.flatMap((place) => proofs.slice(place * CELLS, (place + 1) * CELLS)),
  );
}

/** Hash of the transaction inside its travelling form. */
export function blobTransactionHash(raw) {
  return keccak256(concatHex([TYPE, toRlp(fieldsOf(raw)[0])]));
}

function travelling(transaction, blobs, commitments, proofs) {
  return concatHex([TYPE, toRlp([transaction, CELL_PROOFS_VERSION, blobs, commitments, proofs])]);
}

function fieldsOf(raw) {
  return fromRlp(`0x${raw.slice(TYPE.length)}`);
}

/** The proofs of the blob's cells; throws if `proofs` (one, or one for each cell) do not prove the commitment. */
async function expectProven(blob, commitment, proofs) {
  if (blob.length !== BLOB_HEX_LENGTH) throw new Error(`got a blob of ${(blob.length - 2) / 2} bytes, expected 131072`);
  const key = createHash('sha256').update([blob, commitment, ...proofs].join()).digest('hex');
  if (!answers.has(key)) {
    answers.set(key, proofs.length === CELLS ? asProven(blob, commitment, proofs) : toCells(blob, commitment, proofs[0]));
    answers.get(key).catch(() => answers.delete(key));
    if (answers.size > KEPT_ANSWERS) answers.delete(answers.keys().next().value);
  }
  const proven = await answers.get(key);
  if (proven === null) throw new Error(`${commitment} is not proven to be the commitment of its blob`);
  return proven;
}

async function asProven(blob, commitment, proofs) {
  return (await provesCells(blob, commitment, proofs)) ? proofs : null;
}

async function toCells(blob, commitment, proof) {
  return (await provesBlob(blob, commitment, proof)) ? cellProofs(blob) : null;
}
