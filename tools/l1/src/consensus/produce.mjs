// One block: payload from the execution client, RANDAO reveal, everyone's attestations and sync signatures, then the
// whole state transition with every check on, as another node would run it.
import { BitArray } from '@chainsafe/ssz';
import {
  DOMAIN_BEACON_ATTESTER,
  DOMAIN_BEACON_PROPOSER,
  DOMAIN_RANDAO,
  DOMAIN_SYNC_COMMITTEE,
  ForkSeq,
  MAX_ATTESTATIONS_ELECTRA,
  MAX_COMMITTEES_PER_SLOT,
  SYNC_COMMITTEE_SIZE,
} from '@lodestar/params';
import {
  DataAvailabilityStatus,
  ExecutionPayloadStatus,
  computeEpochAtSlot,
  computeStartSlotAtEpoch,
  computeTimeAtSlot,
  getBlockRootAtSlot,
  getExpectedWithdrawals,
  getRandaoMix,
  processSlots,
  stateTransition,
} from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import { fromHex, toRootHex } from '@lodestar/utils';

import { payloadAttributes, payloadFromJson, requestsFromJson, versionedHash } from '../execution/payload.mjs';
import { FORK } from './config.mjs';

const EXTERNAL = {
  executionPayloadStatus: ExecutionPayloadStatus.valid,
  dataAvailabilityStatus: DataAvailabilityStatus.Available,
};
const UNCHECKED = { ...EXTERNAL, verifyStateRoot: false, verifyProposer: false, verifySignatures: false };
const CHECKED = { ...EXTERNAL, verifyStateRoot: true, verifyProposer: true, verifySignatures: true };

/**
 * Makes the block of `slot` on `parent` ({root, slot, state, executionHash}). `forkchoice` gives {safe, finalized}
 * execution hashes; the first `attestingPercent` of the validators vote. Returns the block as an entry of the chain.
 */
export async function produceBlock({
  engine,
  keys,
  parent,
  slot,
  forkchoice,
  feeRecipient,
  graffiti,
  attestingPercent,
}) {
  const state = processSlots(parent.state, slot);
  const attributes = payloadAttributes({
    timestampS: computeTimeAtSlot(state.config, slot, state.genesisTime),
    prevRandao: getRandaoMix(state, state.epochCtx.epoch),
    feeRecipient,
    withdrawals: getExpectedWithdrawals(ForkSeq[FORK], state).expectedWithdrawals,
    parentBeaconBlockRoot: parent.root,
  });
  const payloadId = await engine.setHead({ head: parent.executionHash, ...forkchoice }, attributes);
  if (payloadId === null) throw new Error('the execution client started no payload');
  const { executionPayload, blobsBundle, executionRequests } = await engine.payload(payloadId);

  const attestations = attestationsFor({ keys, parent, slot, attestingPercent });
  const message = blockMessage({
    keys,
    parent,
    slot,
    state,
    graffiti,
    attestations,
    executionPayload,
    blobsBundle,
    executionRequests,
  });
  const post = stateTransition(parent.state, { message, signature: new Uint8Array(96) }, UNCHECKED);
  message.stateRoot = post.hashTreeRoot();
  const domain = state.config.getDomain(slot, DOMAIN_BEACON_PROPOSER, slot);
  const block = { message, signature: keys.sign(message.proposerIndex, ssz[FORK].BeaconBlock, message, domain) };

  const hashes = blobsBundle.commitments.map((commitment) => versionedHash(fromHex(commitment)));
  await engine.execute(executionPayload, hashes, parent.root, executionRequests ?? []);
  return {
    root: toRootHex(ssz[FORK].BeaconBlock.hashTreeRoot(message)),
    parent: parent.root,
    slot,
    block,
    state: stateTransition(parent.state, block, CHECKED),
    executionHash: executionPayload.blockHash,
    executionNumber: Number(executionPayload.blockNumber),
    transactions: executionPayload.transactions,
    blobs: { ...blobsBundle, hashes },
  };
}

function blockMessage({
  keys,
  parent,
  slot,
  state,
  graffiti,
  attestations,
  executionPayload,
  blobsBundle,
  executionRequests,
}) {
  const { config, epochCtx } = state;
  const proposerIndex = epochCtx.getBeaconProposer(slot);
  const epoch = computeEpochAtSlot(slot);
  const body = {
    ...ssz[FORK].BeaconBlockBody.defaultValue(),
    randaoReveal: keys.sign(proposerIndex, ssz.Epoch, epoch, config.getDomain(slot, DOMAIN_RANDAO, slot)),
    eth1Data: state.eth1Data.toValue(),
    graffiti: graffitiBytes(graffiti),
    attestations,
    syncAggregate: syncAggregate(keys, state, parent, slot),
    executionPayload: payloadFromJson(executionPayload),
    blobKzgCommitments: blobsBundle.commitments.map(fromHex),
    executionRequests: requestsFromJson(executionRequests ?? []),
  };
  return { slot, proposerIndex, parentRoot: fromHex(parent.root), stateRoot: new Uint8Array(32), body };
}

/**
 * What every committee since the parent says in one aggregate per slot: the parent is the head. Votes depend on the
 * branch alone, so on a branch that replaces another all validators vote again, as if they had never seen the first
 * one; nobody here slashes them.
 */
function attestationsFor({ keys, parent, slot, attestingPercent }) {
  const first = Math.max(parent.slot, slot - MAX_ATTESTATIONS_ELECTRA);
  const voting = Math.ceil((keys.publicKeys.length * attestingPercent) / 100);
  const attestations = [];
  for (let voted = first; voted < slot; voted++) attestations.push(...attestation(keys, parent, voted, voting));
  return attestations;
}

/** One aggregate, or none if nobody of that slot's committees is among the first `voting` validators. */
function attestation(keys, parent, slot, voting) {
  const state = slot > parent.slot ? processSlots(parent.state, slot) : parent.state;
  const { config, epochCtx } = state;
  const epoch = computeEpochAtSlot(slot);
  const all = Array.from({ length: epochCtx.getCommitteeCountPerSlot(epoch) }, (_, index) => [
    ...epochCtx.getBeaconCommittee(slot, index),
  ]);
  const heard = all.map((committee) => committee.some((validator) => validator < voting));
  // A committee without a voter may not be named at all.
  const members = all.filter((_, index) => heard[index]).flat();
  const voters = members.filter((validator) => validator < voting);
  if (voters.length === 0) return [];
  const boundary = computeStartSlotAtEpoch(epoch);
  const root = fromHex(parent.root);
  const data = {
    slot,
    index: 0,
    beaconBlockRoot: root,
    source: state.currentJustifiedCheckpoint.toValue(),
    target: { epoch, root: boundary < slot ? getBlockRootAtSlot(state, boundary) : root },
  };
  return [
    {
      aggregationBits: BitArray.fromBoolArray(members.map((validator) => validator < voting)),
      committeeBits: BitArray.fromBoolArray(
        Array.from({ length: MAX_COMMITTEES_PER_SLOT }, (_, index) => heard[index] === true),
      ),
      data,
      signature: keys.signTogether(
        voters,
        ssz.phase0.AttestationData,
        data,
        config.getDomain(slot, DOMAIN_BEACON_ATTESTER, slot),
      ),
    },
  ];
}

function syncAggregate(keys, state, parent, slot) {
  const signedSlot = slot - 1;
  const members = [...state.epochCtx.currentSyncCommitteeIndexed.validatorIndices];
  const domain = state.config.getDomain(slot, DOMAIN_SYNC_COMMITTEE, signedSlot);
  return {
    syncCommitteeBits: BitArray.fromBoolArray(Array.from({ length: SYNC_COMMITTEE_SIZE }, () => true)),
    syncCommitteeSignature: keys.signTogether(members, ssz.Root, fromHex(parent.root), domain),
  };
}

function graffitiBytes(text) {
  const bytes = new Uint8Array(32);
  bytes.set(Buffer.from(text).subarray(0, 32));
  return bytes;
}
