// What Lodestar says about states and blocks that came from elsewhere; state.mjs prints it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createBeaconConfig } from '@lodestar/config';
import { ACTIVE_PRESET } from '@lodestar/params';
import {
  DataAvailabilityStatus,
  ExecutionPayloadStatus,
  createCachedBeaconState,
  createPubkeyCache,
  processSlots,
  stateTransition,
} from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import { fromHex, toHex, toRootHex } from '@lodestar/utils';

import { FORK, chainConfig } from './consensus/config.mjs';
import { compareProofs, proveField } from './proofs.mjs';

const PUBLISHED_SLOT_TIME_S = { minimal: 6, mainnet: 12 };
const CHECKED = {
  executionPayloadStatus: ExecutionPayloadStatus.valid,
  dataAvailabilityStatus: DataAvailabilityStatus.Available,
  verifyStateRoot: true,
  verifyProposer: true,
  verifySignatures: true,
};

export function describe({ file, block: blockFiles, slots, prove }) {
  const state = loadState(readFileSync(file));
  const blocks = [];
  let after = state;
  for (const blockFile of blockFiles) {
    const signed = ssz[FORK].SignedBeaconBlock.deserialize(readFileSync(blockFile));
    after = stateTransition(after, signed, CHECKED);
    blocks.push({
      slot: String(signed.message.slot),
      root: toRootHex(ssz[FORK].BeaconBlock.hashTreeRoot(signed.message)),
      stateRoot: rootOf(after),
    });
  }
  if (slots > 0) after = processSlots(after, after.slot + slots);
  return {
    preset: ACTIVE_PRESET,
    slot: String(state.slot),
    root: rootOf(state),
    headerRoot: headerRoot(state),
    lookahead: lookaheadOf(state),
    blocks,
    rootAfterNSlots: rootOf(after),
    lookaheadAfter: lookaheadOf(after),
    justifiedEpochAfter: String(after.currentJustifiedCheckpoint.epoch),
    finalizedEpochAfter: String(after.finalizedCheckpoint.epoch),
    proofs: prove.map((path) => proveField(state, path)),
  };
}

/**
 * Runs a recorded chain again: `folder`/genesis.ssz and chain.json with steps {slot, advancedRoot, block (SSZ, "0x"
 * when missed), stateRoot, blockRoot, lookahead, justifiedEpoch, finalizedEpoch}, and proofs.json against its states.
 * Throws at the first difference.
 */
export function replay(folder) {
  const { steps } = JSON.parse(readFileSync(join(folder, 'chain.json'), 'utf8'));
  let state = loadState(readFileSync(join(folder, 'genesis.ssz')));
  const states = new Map();
  for (const step of steps) {
    const slot = Number(step.slot);
    const advanced = processSlots(state, slot);
    same(slot, 'root before the block', rootOf(advanced), step.advancedRoot);
    state =
      step.block === '0x'
        ? advanced
        : stateTransition(state, ssz[FORK].SignedBeaconBlock.deserialize(fromHex(step.block)), CHECKED);
    same(slot, 'state root', rootOf(state), step.stateRoot);
    same(slot, 'block root', headerRoot(state), step.blockRoot);
    same(slot, 'lookahead', lookaheadOf(state).join(), step.lookahead.join());
    same(slot, 'justified epoch', String(state.currentJustifiedCheckpoint.epoch), step.justifiedEpoch);
    same(slot, 'finalized epoch', String(state.finalizedCheckpoint.epoch), step.finalizedEpoch);
    states.set(step.stateRoot, state);
  }
  const stateOf = (root) => states.get(root) ?? unknown(root);
  const proofs = compareProofs(JSON.parse(readFileSync(join(folder, 'proofs.json'), 'utf8')), stateOf);
  const blocks = steps.filter(({ block }) => block !== '0x').length;
  return { slots: String(steps.length), blocks: String(blocks), proofs: String(proofs), root: rootOf(state) };
}

function unknown(root) {
  throw new Error(`proofs.json starts from a state that is not in chain.json: ${root}`);
}

function same(slot, what, got, expected) {
  if (got !== expected) throw new Error(`slot ${slot}, ${what}: got ${got}, expected ${expected}`);
}

/**
 * Signature domains come from the state's own fork version and the slot time from its newest payload, so any chain's
 * state will do; before the first payload the slot time is the published one of the preset.
 */
function loadState(bytes) {
  const state = ssz[FORK].BeaconState.deserializeToViewDU(bytes);
  const config = chainConfig({ slotTimeS: slotTimeOf(state) });
  const own = { ...config, FULU_FORK_VERSION: state.fork.currentVersion };
  return createCachedBeaconState(state, {
    config: createBeaconConfig(own, state.genesisValidatorsRoot),
    pubkeyCache: createPubkeyCache(),
  });
}

function slotTimeOf(state) {
  const { slot } = state.latestBlockHeader;
  const seconds = (state.latestExecutionPayloadHeader.timestamp - state.genesisTime) / slot;
  return Number.isInteger(seconds) && seconds > 0 ? seconds : PUBLISHED_SLOT_TIME_S[ACTIVE_PRESET];
}

function rootOf(state) {
  return toRootHex(state.hashTreeRoot());
}

/** Root of the newest block: its header with the state root that is filled in one slot later. */
function headerRoot(state) {
  const header = state.latestBlockHeader.toValue();
  const pending = toHex(header.stateRoot) === `0x${'0'.repeat(64)}`;
  return toRootHex(
    ssz.phase0.BeaconBlockHeader.hashTreeRoot(pending ? { ...header, stateRoot: state.hashTreeRoot() } : header),
  );
}

function lookaheadOf(state) {
  return state.proposerLookahead.getAll().map(String);
}
