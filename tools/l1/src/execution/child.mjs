// The process of the execution client. It ends when its standard input does, so that it never outlives whoever started
// it, whatever that one died of.
import { register } from 'node:module';

import { KZG } from 'micro-eth-signer/kzg';

process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();

// The client's arithmetic knows no cells (EIP-7594). The proofs were checked before they got here: blobs.mjs.
KZG.prototype.computeCells = () => [];
KZG.prototype.verifyCellKzgProofBatch = () => true;

register('./verkle_names.mjs', import.meta.url);
await import('../../node_modules/@ethereumjs/client/dist/esm/bin/cli.js');
