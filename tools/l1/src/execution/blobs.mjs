// Blob transactions as they travel: a transaction with its blobs around it, in the form of EIP-4844 (a proof per blob)
// or of EIP-7594 (a proof per cell of each blob, since Osaka).
//
// The execution client's own arithmetic knows no cells, so the client is told to believe (child.mjs), and what a blob
// transaction stands for is checked here: each commitment is the commitment of its blob. Proofs of cells are for peers,
// and there are none.
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

import { concatHex, fromRlp, keccak256, toRlp } from 'viem';

const TYPE = '0x03';
const CELL_PROOFS_VERSION = '0x01';
const CELLS = 128;
const BLOB_HEX_LENGTH = 2 + 2 * 131_072;
const NO_PROOF = `0x${'c0'.padEnd(96, '0')}`;
const MAX_BLOBS = 6;
const KEPT_ANSWERS = 64;
// By blob and commitment: a fee bump sends the same blobs again.
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
  await Promise.all(blobs.map((blob, i) => expectCommitted(blob, commitments[i])));
  return cells ? raw : travelling(transaction, blobs, commitments);
}

/**

 * The travelling form again of a transaction as it stands in a block, from the blobs kept with that block; null if

 * they are not there.

 */
export function withBlobs(raw, { blobs, commitments, hashes }) {
  const transaction = fieldsOf(raw);
  // EIP-4844: the versioned hashes are the eleventh field of the transaction.
  const places = transaction[10].map((hash) => hashes.indexOf(hash));
  if (places.includes(-1)) return null;
  return travelling(
    transaction,
    places.map((place) => blobs[place]),
    places.map((place) => commitments[place]),
  );
}

/** Hash of the transaction inside its travelling form. */
export function blobTransactionHash(raw) {
  return keccak256(concatHex([TYPE, toRlp(fieldsOf(raw)[0])]));
}

function travelling(transaction, blobs, commitments) {
  const proofs = Array(blobs.length * CELLS).fill(NO_PROOF);
  return concatHex([TYPE, toRlp([transaction, CELL_PROOFS_VERSION, blobs, commitments, proofs])]);
}

function fieldsOf(raw) {
  return fromRlp(`0x${raw.slice(TYPE.length)}`);
}

async function expectCommitted(blob, commitment) {
  if (blob.length !== BLOB_HEX_LENGTH) throw new Error(`got a blob of ${(blob.length - 2) / 2} bytes, expected 131072`);
  const key = createHash('sha256').update(blob).update(commitment).digest('hex');
  if (!answers.has(key)) {
    answers.set(
      key,
      commitmentInWorker(blob).then((own) => own === commitment),
    );
    answers.get(key).catch(() => answers.delete(key));
    if (answers.size > KEPT_ANSWERS) answers.delete(answers.keys().next().value);
  }
  if (!(await answers.get(key))) throw new Error(`${commitment} is not the commitment of its blob`);
}

/** More than a second of arithmetic for a full blob: never on the thread that makes blocks. */
function commitmentInWorker(blob) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./commitment.mjs', import.meta.url), { workerData: blob });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('no commitment for this blob')));
  });
}
