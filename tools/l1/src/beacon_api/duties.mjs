// Who proposes when, and on which block that rests.
import { ApiError } from '@lodestar/api/server';
import { SLOTS_PER_EPOCH } from '@lodestar/params';
import { computeEpochAtSlot, computeStartSlotAtEpoch, processSlots } from '@lodestar/state-transition';

/**
 * Proposers of `epoch`: the running epoch and the next from the lookahead of the head's state, earlier ones from the
 * chain. Dependent roots, both genesis before the chain:
 *   version 1, as before Fulu: the last block before `epoch` begins (the head while that is ahead);
 *   version 2: the last block before the epoch before begins, which is what the lookahead really rests on (EIP-7917).
 */
export function proposerDuties(chain, epoch, currentSlot, version) {
  const currentEpoch = computeEpochAtSlot(currentSlot);
  if (epoch > currentEpoch + 1)
    throw new ApiError(400, `epoch: got ${epoch}, expected at most ${currentEpoch + 1}, the next one`);
  const state = stateInEpoch(chain, Math.min(epoch, currentEpoch));
  const first = epoch > computeEpochAtSlot(state.slot) ? SLOTS_PER_EPOCH : 0;
  const proposers = state.proposerLookahead.getAll().slice(first, first + SLOTS_PER_EPOCH);
  const firstSlot = computeStartSlotAtEpoch(epoch);
  return {
    data: proposers.map((validatorIndex, i) => ({
      slot: firstSlot + i,
      validatorIndex,
      pubkey: state.validators.getReadonly(validatorIndex).pubkey,
    })),
    meta: { executionOptimistic: false, dependentRoot: chain.rootBefore(version === 1 ? epoch : epoch - 1) },
  };
}

/** A canonical state whose epoch is `epoch`, over empty slots if need be. */
function stateInEpoch(chain, epoch) {
  const first = computeStartSlotAtEpoch(epoch);
  const entry = chain.at(first + SLOTS_PER_EPOCH - 1);
  if (entry.state === null) throw new ApiError(404, `the states of epoch ${epoch} are no longer kept`);
  return entry.slot < first ? processSlots(entry.state, first) : entry.state;
}
