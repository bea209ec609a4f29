// Block and state identifiers of the Beacon API: head, genesis, finalized, justified, a slot, a root.
import { ApiError } from '@lodestar/api/server';
import { processSlots } from '@lodestar/state-transition';
import { toRootHex } from '@lodestar/utils';

import { FORK } from '../consensus/config.mjs';

const ROOT = /^0x[0-9a-f]{64}$/i;
const SLOT = /^(0|[1-9][0-9]{0,15})$/;

/** The entry a block id names. 400 for what is no id, 404 for what is not there (a missed slot, an unknown root). */
export function findBlock(chain, id) {
  const named = byName(chain, id);
  if (named !== undefined) return named;
  if (ROOT.test(id)) return found(chain.entries.get(id.toLowerCase()), `no block with root ${id}`);
  const root = chain.canonical[slotOf(id, 'block')];
  return found(chain.entries.get(root), `no block at slot ${id}`);
}

/**

 * {state, entry}: the state a state id names, and the newest block in it. A slot without a block has a state all the

 * same.

 */
export function findState(chain, id, currentSlot) {
  const named = byName(chain, id);
  if (named !== undefined) return withState(named);
  if (ROOT.test(id)) {
    const root = id.toLowerCase();
    for (const entry of chain.entries.values()) {
      if (toRootHex(entry.block.message.stateRoot) === root) return withState(entry);
    }
    throw new ApiError(404, `no state with root ${id}`);
  }
  const slot = slotOf(id, 'state');
  if (slot > currentSlot) throw new ApiError(404, `no state at slot ${id}: the current slot is ${currentSlot}`);
  const { entry, state } = withState(chain.at(slot));
  return { entry, state: slot > entry.slot ? processSlots(state, slot) : state };
}

/** Whether `entry` is canonical and final, as every answer says. */
export function metaOf(chain, entry) {
  const finalized = chain.isCanonical(entry) && entry.slot <= chain.checkpoint('finalized').slot;
  return { executionOptimistic: false, finalized, version: FORK };
}

function byName(chain, id) {
  switch (id) {
    case 'head':
      return chain.head;
    case 'genesis':
      return chain.genesis;
    case 'finalized':
    case 'justified':
      return chain.checkpoint(id);
    default:
      return undefined;
  }
}

function slotOf(id, what) {
  if (!SLOT.test(id))
    throw new ApiError(400, `${what} id: got ${id}, expected head, genesis, finalized, justified, a slot or a root`);
  return Number(id);
}

function found(entry, message) {
  if (entry === undefined) throw new ApiError(404, message);
  return entry;
}

function withState(entry) {
  if (entry.state === null) throw new ApiError(404, `the state of slot ${entry.slot} is no longer kept`);
  return { entry, state: entry.state };
}
