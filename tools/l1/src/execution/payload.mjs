// Between the engine API's JSON (camelCase, hexadecimal quantities) and consensus values.
import { createHash } from 'node:crypto';

import { ssz } from '@lodestar/types';
import { fromHex, toHex } from '@lodestar/utils';

// Leading byte of each item in the engine API's list of requests (EIP-7685).
const REQUEST_KINDS = {
  0: ['deposits', ssz.electra.DepositRequests],
  1: ['withdrawals', ssz.electra.WithdrawalRequests],
  2: ['consolidations', ssz.electra.ConsolidationRequests],
};

/** What forkchoiceUpdated wants in order to start a payload. */
export function payloadAttributes({ timestampS, prevRandao, feeRecipient, withdrawals, parentBeaconBlockRoot }) {
  return {
    timestamp: quantity(timestampS),
    prevRandao: toHex(prevRandao),
    suggestedFeeRecipient: feeRecipient,
    parentBeaconBlockRoot,
    withdrawals: withdrawals.map(({ index, validatorIndex, address, amount }) => ({
      index: quantity(index),
      validatorIndex: quantity(validatorIndex),
      address: toHex(address),
      amount: quantity(amount),
    })),
  };
}

export function payloadFromJson(json) {
  return {
    parentHash: fromHex(json.parentHash),
    feeRecipient: fromHex(json.feeRecipient),
    stateRoot: fromHex(json.stateRoot),
    receiptsRoot: fromHex(json.receiptsRoot),
    logsBloom: fromHex(json.logsBloom),
    prevRandao: fromHex(json.prevRandao),
    blockNumber: Number(json.blockNumber),
    gasLimit: Number(json.gasLimit),
    gasUsed: Number(json.gasUsed),
    timestamp: Number(json.timestamp),
    extraData: fromHex(json.extraData),
    baseFeePerGas: BigInt(json.baseFeePerGas),
    blockHash: fromHex(json.blockHash),
    transactions: json.transactions.map(fromHex),
    withdrawals: json.withdrawals.map(({ index, validatorIndex, address, amount }) => ({
      index: Number(index),
      validatorIndex: Number(validatorIndex),
      address: fromHex(address),
      amount: BigInt(amount),
    })),
    blobGasUsed: BigInt(json.blobGasUsed),
    excessBlobGas: BigInt(json.excessBlobGas),
  };
}

export function requestsFromJson(items) {
  const requests = ssz.electra.ExecutionRequests.defaultValue();
  for (const item of items) {
    const bytes = fromHex(item);
    const kind = REQUEST_KINDS[bytes[0]];
    if (kind === undefined) throw new Error(`got an execution request of kind ${bytes[0]}, expected 0, 1 or 2`);
    const [field, type] = kind;
    requests[field] = type.deserialize(bytes.subarray(1));
  }
  return requests;
}

/** EIP-4844: the hash a transaction names a blob by. */
export function versionedHash(commitment) {
  const hash = createHash('sha256').update(commitment).digest();
  hash[0] = 1;
  return toHex(hash);
}

function quantity(value) {
  return `0x${value.toString(16)}`;
}
