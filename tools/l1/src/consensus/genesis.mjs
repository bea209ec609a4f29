// The consensus state of slot 0: every validator active, 32 ETH each, on top of the execution chain's block 0.
import { createHash } from 'node:crypto';

import { createBeaconConfig, createChainForkConfig } from '@lodestar/config';
import {
  EFFECTIVE_BALANCE_INCREMENT,
  EPOCHS_PER_HISTORICAL_VECTOR,
  FAR_FUTURE_EPOCH,
  ForkSeq,
  SLOTS_PER_EPOCH,
  UNSET_DEPOSIT_REQUESTS_START_INDEX,
} from '@lodestar/params';
import {
  computeProposerIndices,
  createCachedBeaconState,
  createPubkeyCache,
  getGenesisBeaconState,
  getNextSyncCommittee,
  getTemporaryBlockHeader,
} from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import { fromHex } from '@lodestar/utils';

import { DEV_ADDRESSES } from '../accounts.mjs';
import { FORK } from './config.mjs';

const BALANCE_GWEI = 32_000_000_000;

/**
 * `executionBlock` is block 0 as the execution client's RPC gives it. `seed` (integer or null) makes the RANDAO start,
 * and so the proposers, repeatable; without it they follow from block 0. Validator i may withdraw to development
 * account i mod `accounts`.
 */
export function genesisState({ chainConfig, keys, executionBlock, genesisTimeS, seed, accounts }) {
  const forkConfig = createChainForkConfig(chainConfig);
  const emptyBlock = forkConfig.getForkTypes(0).BeaconBlock.defaultValue();
  const eth1 = {
    depositRoot: new Uint8Array(32),
    depositCount: BigInt(keys.publicKeys.length),
    blockHash: fromHex(executionBlock.hash),
  };
  const state = getGenesisBeaconState(forkConfig, eth1, getTemporaryBlockHeader(forkConfig, emptyBlock));
  state.genesisTime = genesisTimeS;
  // A chain that begins with a fork has never known another (as initialize_beacon_state_from_eth1 of the
  // specification).
  state.fork = ssz.phase0.Fork.toViewDU({
    previousVersion: chainConfig.FULU_FORK_VERSION,
    currentVersion: chainConfig.FULU_FORK_VERSION,
    epoch: 0,
  });
  state.eth1DepositIndex = keys.publicKeys.length;
  state.depositRequestsStartIndex = UNSET_DEPOSIT_REQUESTS_START_INDEX;
  state.latestExecutionPayloadHeader = ssz[FORK].ExecutionPayloadHeader.toViewDU(executionHeader(executionBlock));
  if (seed !== null) {
    const mix = createHash('sha256').update(`forebond l1 seed ${seed}`).digest();
    state.randaoMixes = ssz.phase0.RandaoMixes.toViewDU(
      Array.from({ length: EPOCHS_PER_HISTORICAL_VECTOR }, () => mix),
    );
  }
  for (const [index, publicKey] of keys.publicKeys.entries()) {
    state.validators.push(ssz.phase0.Validator.toViewDU(validator(publicKey, DEV_ADDRESSES[index % accounts])));
    state.balances.push(BALANCE_GWEI);
    state.previousEpochParticipation.push(0);
    state.currentEpochParticipation.push(0);
    state.inactivityScores.push(0);
  }
  state.commit();
  state.genesisValidatorsRoot = state.validators.hashTreeRoot();
  const active = Uint32Array.from(keys.publicKeys.keys());
  const increments = new Uint16Array(active.length).fill(BALANCE_GWEI / EFFECTIVE_BALANCE_INCREMENT);
  const { syncCommittee } = getNextSyncCommittee(ForkSeq[FORK], state, active, increments);
  state.currentSyncCommittee = ssz.altair.SyncCommittee.toViewDU(syncCommittee);
  state.nextSyncCommittee = ssz.altair.SyncCommittee.toViewDU(syncCommittee);
  state.commit();

  // The lookahead needs the shuffling caches, and the caches read the lookahead: once without, once for good.
  const config = createBeaconConfig(chainConfig, state.genesisValidatorsRoot);
  const cached = createCachedBeaconState(state.clone(), { config, pubkeyCache: createPubkeyCache() });
  const lookahead = [0, 1].flatMap((epoch) => [
    ...computeProposerIndices(ForkSeq[FORK], cached, cached.epochCtx.getShufflingAtEpoch(epoch), epoch),
  ]);
  if (lookahead.length !== 2 * SLOTS_PER_EPOCH)
    throw new Error(`got a lookahead of ${lookahead.length} slots, expected ${2 * SLOTS_PER_EPOCH}`);
  state.proposerLookahead = ssz[FORK].ProposerLookahead.toViewDU(lookahead);
  state.commit();
  return createCachedBeaconState(state, { config, pubkeyCache: createPubkeyCache() });
}

function validator(pubkey, withdrawalAddress) {
  const withdrawalCredentials = new Uint8Array(32);
  withdrawalCredentials[0] = 1;
  withdrawalCredentials.set(fromHex(withdrawalAddress), 12);
  return {
    pubkey,
    withdrawalCredentials,
    effectiveBalance: BALANCE_GWEI,
    slashed: false,
    activationEligibilityEpoch: 0,
    activationEpoch: 0,
    exitEpoch: FAR_FUTURE_EPOCH,
    withdrawableEpoch: FAR_FUTURE_EPOCH,
  };
}

function executionHeader(block) {
  return {
    ...ssz[FORK].ExecutionPayloadHeader.defaultValue(),
    parentHash: fromHex(block.parentHash),
    feeRecipient: fromHex(block.miner),
    stateRoot: fromHex(block.stateRoot),
    receiptsRoot: fromHex(block.receiptsRoot),
    logsBloom: fromHex(block.logsBloom),
    prevRandao: fromHex(block.mixHash),
    blockNumber: 0,
    gasLimit: Number(block.gasLimit),
    gasUsed: Number(block.gasUsed),
    timestamp: Number(block.timestamp),
    extraData: fromHex(block.extraData),
    baseFeePerGas: BigInt(block.baseFeePerGas),
    blockHash: fromHex(block.hash),
  };
}
