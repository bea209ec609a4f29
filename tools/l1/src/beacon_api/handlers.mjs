// What each route answers. Lodestar's own route definitions parse requests and encode answers (JSON or SSZ).
import { ApiError } from '@lodestar/api/server';
import { chainConfigToJson, specValuesToJson } from '@lodestar/config';
import * as params from '@lodestar/params';
import { getRandaoMix, signedBlockToSignedHeader } from '@lodestar/state-transition';
import { fromHex } from '@lodestar/utils';

import { proposerDuties } from './duties.mjs';
import { findBlock, findState, metaOf } from './lookup.mjs';
import { listValidators, oneValidator } from './validators.mjs';

const VERSION = 'forebond-l1/0.1.0 (lodestar state-transition, ethereumjs client)';

/** Handlers by namespace and operation. A route without a handler answers 501. */
export function beaconHandlers({ chain, driver, eventSource }) {
  const now = () => driver.currentSlot();
  const state = (id) => findState(chain, id, now());
  return {
    beacon: {
      getGenesis: async () => ({
        data: {
          genesisTime: chain.genesisTimeS,
          genesisValidatorsRoot: chain.config.genesisValidatorsRoot,
          genesisForkVersion: chain.config.GENESIS_FORK_VERSION,
        },
      }),
      getBlockHeader: async ({ blockId }) => {
        const entry = findBlock(chain, blockId);
        return { data: header(chain, entry), meta: metaOf(chain, entry) };
      },
      getBlockHeaders: async ({ slot, parentRoot }) => listHeaders(chain, slot, parentRoot),
      getBlockV2: async ({ blockId }) => {
        const entry = findBlock(chain, blockId);
        return { data: entry.block, meta: metaOf(chain, entry) };
      },
      getBlockRoot: async ({ blockId }) => {
        const entry = findBlock(chain, blockId);
        return { data: { root: fromHex(entry.root) }, meta: metaOf(chain, entry) };
      },
      getBlobs: async ({ blockId, versionedHashes }) => {
        const entry = findBlock(chain, blockId);
        return { data: blobsOf(entry, versionedHashes), meta: metaOf(chain, entry) };
      },
      getBlobSidecars: async () => {
        throw new ApiError(410, 'blob_sidecars is gone since Fulu; ask /eth/v1/beacon/blobs/{block_id}');
      },
      getStateRoot: async ({ stateId }) => answer(state(stateId), (s) => ({ root: s.hashTreeRoot() })),
      getStateFork: async ({ stateId }) => answer(state(stateId), (s) => s.fork.toValue()),
      getStateRandao: async ({ stateId, epoch }) => answer(state(stateId), (s) => ({ randao: randaoOf(s, epoch) })),
      getStateFinalityCheckpoints: async ({ stateId }) =>
        answer(state(stateId), (s) => ({
          previousJustified: s.previousJustifiedCheckpoint.toValue(),
          currentJustified: s.currentJustifiedCheckpoint.toValue(),
          finalized: s.finalizedCheckpoint.toValue(),
        })),
      getStateValidators: async ({ stateId, validatorIds, statuses }) =>
        answer(state(stateId), (s) => listValidators(s, validatorIds, statuses)),
      postStateValidators: async ({ stateId, validatorIds, statuses }) =>
        answer(state(stateId), (s) => listValidators(s, validatorIds, statuses)),
      getStateValidator: async ({ stateId, validatorId }) =>
        answer(state(stateId), (s) => oneValidator(s, validatorId)),
      postStateValidatorIdentities: async ({ stateId, validatorIds }) =>
        answer(state(stateId), (s) =>
          listValidators(s, validatorIds).map(({ index, validator: { pubkey, activationEpoch } }) => ({
            index,
            pubkey,
            activationEpoch,
          })),
        ),
      getProposerLookahead: async ({ stateId }) => answer(state(stateId), (s) => s.proposerLookahead.getAll()),
    },
    config: {
      getSpec: async () => ({ data: spec(chain.config) }),
      getForkSchedule: async () => ({ data: [chain.genesis.state.fork.toValue()] }),
      getDepositContract: async () => ({
        data: { chainId: chain.config.DEPOSIT_CHAIN_ID, address: chain.config.DEPOSIT_CONTRACT_ADDRESS },
      }),
    },
    debug: {
      getStateV2: async ({ stateId }, context) =>
        answer(state(stateId), (s) => (context?.returnBytes ? s.serialize() : s.toValue())),
      getDebugChainHeadsV2: async () => ({
        data: [{ slot: chain.head.slot, root: chain.head.root, executionOptimistic: false }],
      }),
    },
    events: { eventstream: async (request) => eventSource(request) },
    node: {
      getNodeVersion: async () => ({ data: { version: VERSION } }),
      getSyncingStatus: async () => ({
        data: {
          headSlot: chain.head.slot,
          syncDistance: Math.max(0, now() - chain.head.slot),
          isSyncing: false,
          isOptimistic: false,
          elOffline: false,
        },
      }),
      getHealth: async () => ({ status: 200 }),
      getPeerCount: async () => ({ data: { disconnected: 0, connecting: 0, connected: 0, disconnecting: 0 } }),
    },
    validator: {
      getProposerDuties: async ({ epoch }) => proposerDuties(chain, epoch, now(), 1),
      getProposerDutiesV2: async ({ epoch }) => proposerDuties(chain, epoch, now(), 2),
    },
  };

  function answer({ state: found, entry }, read) {
    return { data: read(found), meta: metaOf(chain, entry) };
  }
}

function header(chain, entry) {
  return {
    root: fromHex(entry.root),
    canonical: chain.isCanonical(entry),
    header: signedBlockToSignedHeader(chain.config, entry.block),
  };
}

function listHeaders(chain, slot, parentRoot) {
  const fits = (entry) =>
    slot === undefined && parentRoot === undefined
      ? entry === chain.head
      : (slot === undefined || entry.slot === slot) &&
        (parentRoot === undefined || entry.parent === parentRoot.toLowerCase());
  const entries = [...chain.entries.values()].filter(fits);
  const finalized = entries.length > 0 && entries.every((entry) => metaOf(chain, entry).finalized);
  return { data: entries.map((entry) => header(chain, entry)), meta: { executionOptimistic: false, finalized } };
}

function blobsOf(entry, versionedHashes) {
  if (entry.blobs === null) throw new ApiError(404, `the blobs of slot ${entry.slot} are no longer kept`);
  if (entry.blobsHidden) throw new ApiError(404, `the blobs of slot ${entry.slot} are withheld`);
  const { blobs, hashes } = entry.blobs;
  return blobs.filter((_, i) => !versionedHashes?.length || versionedHashes.includes(hashes[i])).map(fromHex);
}

function randaoOf(state, epoch = state.epochCtx.epoch) {
  const oldest = Math.max(0, state.epochCtx.epoch - params.EPOCHS_PER_HISTORICAL_VECTOR + 1);
  if (epoch > state.epochCtx.epoch || epoch < oldest) {
    throw new ApiError(400, `epoch: got ${epoch}, expected ${oldest} to ${state.epochCtx.epoch}`);
  }
  return getRandaoMix(state, epoch);
}

/** Preset and configuration in one flat object of strings, BLOB_SCHEDULE aside. */
function spec(config) {
  return { ...specValuesToJson(params.activePreset), ...chainConfigToJson(config) };
}
