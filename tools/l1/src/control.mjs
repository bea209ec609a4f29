// The script: what a test may make this L1 do beyond what a real one would. JSON-RPC methods l1_… on the RPC port, by
// the names and with the parameters (positional) that the embedded L1 has; what this one cannot do it refuses by name.
import { Refused } from './driver.mjs';

const MAX_SLOT = 2 ** 40;

export class Control {
  constructor({ chain, driver }) {
    Object.assign(this, { chain, driver });
    this.methods = {
      l1_status: async () => this.status(),
      l1_advanceSlots: async ([count]) => {
        await driver.advance(integer('count', count));
        return this.status();
      },
      l1_skipSlot: async ([slot]) => {
        const wanted = slot === undefined ? driver.nextSlot() : integer('slot', slot);
        driver.plan(wanted, { action: 'skip' });
        return `0x${wanted.toString(16)}`;
      },
      l1_reorg: async ([wanted]) => {
        await driver.reorg(
          typeof wanted === 'object' && wanted !== null ? reorgOf(wanted) : { depth: integer('depth', wanted) },
        );
        return this.status();
      },
      l1_plan: async ([slot, action]) => {
        driver.plan(integer('slot', slot), actionOf(action));
        return true;
      },
      l1_stall: async () => {
        driver.stalled = true;
        return true;
      },
      l1_resume: async () => {
        driver.stalled = false;
        return true;
      },
      l1_setAttestingPercent: async ([percent]) => {
        driver.setAttestingPercent(integer('percent', percent));
        return true;
      },
      l1_hideBlobs: async ([slot]) => this.setHidden(slot, true),
      l1_showBlobs: async ([slot]) => this.setHidden(slot, false),
    };
  }

  /** The method's function of its parameters; undefined if there is none of that name. */
  method(name) {
    return Object.hasOwn(this.methods, name) ? this.methods[name] : undefined;
  }

  /** Where the chain stands; `slot` is the newest slot that is over or has its block. */
  status() {
    const { head } = this.chain;
    return {
      slot: this.driver.passed,
      headSlot: head.slot,
      headRoot: head.root,
      blockNumber: head.executionNumber,
      justifiedEpoch: head.state.currentJustifiedCheckpoint.epoch,
      finalizedEpoch: head.state.finalizedCheckpoint.epoch,
      stalled: this.driver.stalled,
    };
  }

  setHidden(slot, hidden) {
    const wanted = integer('slot', slot);
    const entry = this.chain.entries.get(this.chain.canonical[wanted]);
    if (entry === undefined) throw new Refused(`no block at slot ${wanted}`);
    entry.blobsHidden = hidden;
    return true;
  }
}

const ACTIONS = {
  skip: () => ({}),
  reorg: reorgOf,
  hideBlobs: () => ({}),
  attest: ({ percent }) => ({ percent: integer('percent', percent) }),
  stall: () => ({}),
  resume: () => ({}),
};

function actionOf(given) {
  const { action, ...rest } = given ?? {};
  if (!Object.hasOwn(ACTIONS, action))
    throw new Refused(`action: got ${JSON.stringify(action)}, expected one of ${Object.keys(ACTIONS).join(', ')}`);
  return { action, ...ACTIONS[action](rest) };
}

function reorgOf({ depth, missFirst = false, withTransactions = false }) {
  return { depth: integer('depth', depth), missFirst: missFirst === true, withTransactions: withTransactions === true };
}

/** Numbers come plain or as "0x…". */
function integer(name, given) {
  const number = typeof given === 'string' && /^0x[0-9a-f]{1,10}$/i.test(given) ? Number(given) : given;
  if (!Number.isInteger(number) || number < 0 || number > MAX_SLOT)
    throw new Refused(`${name}: got ${JSON.stringify(given)}, expected a number`);
  return number;
}
