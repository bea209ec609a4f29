// The tree of blocks and the chain that is canonical now. Whoever makes blocks decides the head; there is no fork
// choice to win.
import { SLOTS_PER_EPOCH } from '@lodestar/params';
import { computeEpochAtSlot, computeStartSlotAtEpoch, processSlots } from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import { toRootHex } from '@lodestar/utils';

import { FORK } from './consensus/config.mjs';

// How far below the head things are kept. States share most of their memory; blobs do not.
const STATE_SLOTS = 512;
const BLOB_SLOTS = 512;
const ZERO_HASH = `0x${'0'.repeat(64)}`;

/**
 * An entry: {root, parent, slot, block (signed), state (after it), executionHash, executionNumber, transactions,
 * blobs}. Old entries lose their `state` and `blobs`.
 */
export class Chain {
  constructor(genesisState, executionGenesis) {
    const header = { ...genesisState.latestBlockHeader.toValue(), stateRoot: genesisState.hashTreeRoot() };
    const message = { ...ssz[FORK].BeaconBlock.defaultValue(), stateRoot: header.stateRoot };
    this.genesis = {
      root: toRootHex(ssz.phase0.BeaconBlockHeader.hashTreeRoot(header)),
      parent: ZERO_HASH,
      slot: 0,
      block: { message, signature: new Uint8Array(96) },
      state: genesisState,
      executionHash: executionGenesis.hash,
      executionNumber: 0,
      transactions: [],
      blobs: { blobs: [], commitments: [], proofs: [], hashes: [] },
    };
    this.config = genesisState.config;
    this.genesisTimeS = genesisState.genesisTime;
    this.entries = new Map([[this.genesis.root, this.genesis]]);
    this.canonical = [this.genesis.root];
    this.head = this.genesis;
    this.listeners = new Set();
  }

  /** Calls `listener(type, message)` for each event of the Beacon API; returns how to stop that. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(type, message) {
    for (const listener of this.listeners) listener(type, message);
  }

  add(entry) {
    this.entries.set(entry.root, entry);
    this.emit('block', { slot: entry.slot, block: entry.root, executionOptimistic: false });
  }

  /** Makes `entry` the head; tells listeners what changed. */
  setHead(entry) {
    const old = this.head;
    const oldFinalized = old.state.finalizedCheckpoint.epoch;
    this.head = entry;
    const shared = this.rewriteCanonical(entry);
    if (shared !== old.slot) this.emit('chain_reorg', this.reorgEvent(old, entry, shared));
    this.emit('head', this.headEvent(entry, old));
    const { epoch, root } = entry.state.finalizedCheckpoint;
    if (epoch > oldFinalized) {
      const finalized = this.entries.get(toRootHex(root));
      const state = toRootHex(finalized.block.message.stateRoot);
      this.emit('finalized_checkpoint', { block: finalized.root, state, epoch, executionOptimistic: false });
    }
    this.forgetOld();
  }

  /**

   * Brings `canonical` (slot → root, holes for missed slots) in line with the head; returns the slot of the fork

   * point.

   */
  rewriteCanonical(entry) {
    const branch = [];
    let ancestor = entry;
    while (this.canonical[ancestor.slot] !== ancestor.root) {
      branch.push(ancestor);
      ancestor = this.entries.get(ancestor.parent);
    }
    this.canonical.length = ancestor.slot + 1;
    for (const { slot, root } of branch.reverse()) this.canonical[slot] = root;
    return ancestor.slot;
  }

  reorgEvent(old, entry, shared) {
    return {
      slot: entry.slot,
      depth: old.slot - shared,
      oldHeadBlock: old.root,
      newHeadBlock: entry.root,
      oldHeadState: toRootHex(old.block.message.stateRoot),
      newHeadState: toRootHex(entry.block.message.stateRoot),
      epoch: computeEpochAtSlot(entry.slot),
      executionOptimistic: false,
    };
  }

  headEvent(entry, old) {
    const epoch = computeEpochAtSlot(entry.slot);
    return {
      slot: entry.slot,
      block: entry.root,
      state: toRootHex(entry.block.message.stateRoot),
      epochTransition: epoch !== computeEpochAtSlot(old.slot),
      previousDutyDependentRoot: this.rootBefore(epoch - 1),
      currentDutyDependentRoot: this.rootBefore(epoch),
      executionOptimistic: false,
    };
  }

  /**

   * Root of the last canonical block before `epoch` begins, as far as it is known; genesis where that lies before the

   * chain.

   */
  rootBefore(epoch) {
    return (this.at(computeStartSlotAtEpoch(Math.max(epoch, 0)) - 1) ?? this.genesis).root;
  }

  /** The newest canonical block at or below `slot`; undefined below genesis. */
  at(slot) {
    for (let s = Math.min(slot, this.head.slot); s >= 0; s--) {
      const root = this.canonical[s];
      if (root !== undefined) return this.entries.get(root);
    }
    return undefined;
  }

  isCanonical(entry) {
    return this.canonical[entry.slot] === entry.root;
  }

  /** The head's state advanced over empty slots to `slot`; the head's own state if `slot` is not above it. */
  headStateAt(slot) {
    return slot > this.head.slot ? processSlots(this.head.state, slot) : this.head.state;
  }

  /** `depth` blocks below the head; undefined if genesis comes first. */
  ancestor(depth) {
    let entry = this.head;
    for (let i = 0; i < depth && entry !== undefined; i++) entry = this.entries.get(entry.parent);
    return entry;
  }

  checkpoint(name, state = this.head.state) {
    const checkpoint = name === 'finalized' ? state.finalizedCheckpoint : state.currentJustifiedCheckpoint;
    return this.entries.get(toRootHex(checkpoint.root)) ?? this.genesis;
  }

  /** What the execution client is told about safety: zero until the first epoch is justified or finalized. */
  forkchoice(state = this.head.state) {
    const hash = (checkpoint) => this.entries.get(toRootHex(checkpoint.root))?.executionHash ?? ZERO_HASH;
    return { safe: hash(state.currentJustifiedCheckpoint), finalized: hash(state.finalizedCheckpoint) };
  }

  forgetOld() {
    const finalizedSlot = this.head.state.finalizedCheckpoint.epoch * SLOTS_PER_EPOCH;
    for (const [root, entry] of this.entries) {
      if (entry.slot + STATE_SLOTS < this.head.slot && entry.slot < finalizedSlot && entry !== this.genesis)
        entry.state = null;
      if (entry.slot + BLOB_SLOTS < this.head.slot) entry.blobs = null;
      // What lost against a finalized block cannot come back.
      if (entry.slot < finalizedSlot && !this.isCanonical(entry) && entry.slot + STATE_SLOTS < this.head.slot)
        this.entries.delete(root);
    }
  }
}
