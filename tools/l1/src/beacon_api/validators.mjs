// Validators as the Beacon API shows them.
import { ApiError } from '@lodestar/api/server';
import { FAR_FUTURE_EPOCH } from '@lodestar/params';
import { toPubkeyHex } from '@lodestar/utils';

const PUBLIC_KEY = /^0x[0-9a-f]{96}$/i;
const INDEX = /^(0|[1-9][0-9]{0,15})$/;

/**

 * Validators of `state` with one of `ids` (indices or public keys; all if undefined or empty) and of `statuses`

 * (likewise).

 */
export function listValidators(state, ids, statuses) {
  const wanted = ids?.length ? new Set(ids.map((id) => indexOf(state, String(id)))) : null;
  const answers = [];
  for (let index = 0; index < state.validators.length; index++) {
    if (wanted !== null && !wanted.has(index)) continue;
    const answer = describe(state, index);
    const general = answer.status.split('_')[0];
    if (statuses?.length && !statuses.includes(answer.status) && !statuses.includes(general)) continue;
    answers.push(answer);
  }
  return answers;
}

export function oneValidator(state, id) {
  const index = indexOf(state, String(id));
  if (index === null || index >= state.validators.length) throw new ApiError(404, `no validator ${id}`);
  return describe(state, index);
}

function describe(state, index) {
  const validator = state.validators.getReadonly(index).toValue();
  return { index, balance: state.balances.get(index), status: statusOf(validator, state.epochCtx.epoch), validator };
}

/** Null for a key nobody has: the filter then finds nothing, which is no error. */
function indexOf(state, id) {
  if (PUBLIC_KEY.test(id)) {
    const key = id.toLowerCase();
    for (let index = 0; index < state.validators.length; index++) {
      if (toPubkeyHex(state.validators.getReadonly(index).pubkey) === key) return index;
    }
    return null;
  }
  if (!INDEX.test(id))
    throw new ApiError(400, `validator id: got ${id}, expected an index or a public key of 48 bytes`);
  return Number(id);
}

function statusOf(validator, epoch) {
  if (validator.activationEpoch > epoch) {
    return validator.activationEligibilityEpoch === FAR_FUTURE_EPOCH ? 'pending_initialized' : 'pending_queued';
  }
  if (validator.exitEpoch > epoch) {
    if (validator.exitEpoch === FAR_FUTURE_EPOCH) return 'active_ongoing';
    return validator.slashed ? 'active_slashed' : 'active_exiting';
  }
  if (validator.withdrawableEpoch > epoch) return validator.slashed ? 'exited_slashed' : 'exited_unslashed';
  return validator.effectiveBalance === 0 ? 'withdrawal_done' : 'withdrawal_possible';
}
