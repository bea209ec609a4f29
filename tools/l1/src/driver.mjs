// Makes the chain grow: one block per slot by the clock, or as many as asked for, with misses and reorganisations on
// demand.
import { produceBlock } from './consensus/produce.mjs';

const FEE_RECIPIENT = '0x000000000000000000000000000000000000fee1';
// Replacement blocks pay another account each time, so that they differ from what they replace even when they hold the
// same.
const REPLACEMENT_FEE_RECIPIENT = '0x000000000000000000000000000000000fee';
const MAX_ADVANCE_SLOTS = 1024;
const MAX_PLANNED = 1024;

/** A request that cannot be served as asked; the message says what would be accepted. */
export class Refused extends Error {}

/**
 * With `manual` no clock runs: slots pass only through `advance`, and the current slot is the last one that passed.
 * `returnToPool(entries)` puts transactions of blocks that left the chain back into the pool.
 */
export class Driver {
  constructor({ chain, engine, keys, slotTimeS, manual, returnToPool, log }) {
    Object.assign(this, { chain, engine, keys, slotTimeS, manual, returnToPool, log });
    // The newest slot that is over or has its block.
    this.passed = 0;
    this.stalled = false;
    this.attestingPercent = 100;
    this.planned = new Map();
    this.reorgs = 0;
    this.queue = Promise.resolve();
    this.timer = null;
    this.stopped = false;
  }

  /** The slot that is running: by the clock, or the last one that passed. */
  currentSlot() {
    return this.manual ? this.passed : Math.max(0, this.clockSlot());
  }

  nextSlot() {
    return Math.max(this.currentSlot(), this.passed) + 1;
  }

  clockSlot() {
    return Math.floor((Date.now() / 1000 - this.chain.genesisTimeS) / this.slotTimeS);
  }

  start() {
    if (!this.manual) this.schedule();
  }

  async stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.queue;
  }

  schedule() {
    if (this.stopped) return;
    const nextS = this.chain.genesisTimeS + (Math.max(this.clockSlot(), this.passed) + 1) * this.slotTimeS;
    this.timer = setTimeout(
      async () => {
        const slot = this.clockSlot();
        if (slot > this.passed) await this.exclusive(() => this.slot(slot));
        this.schedule();
      },
      Math.max(1, nextS * 1000 - Date.now()),
    );
  }

  /** One thing at a time: blocks and reorganisations never interleave. */
  exclusive(work) {
    const result = this.queue.then(work);
    this.queue = result.catch(() => {});
    return result;
  }

  /**

   * Lets `slot` pass, with a block unless it is to be missed. A block that fails is a missed slot too, and is said on

   * stderr.

   */
  async slot(slot) {
    const actions = this.due(slot);
    try {
      for (const action of actions) await this.act(action);
      this.passed = slot;
      if (this.stalled || actions.some(({ action }) => action === 'skip')) return;
      const entry = await this.produce(this.chain.head, slot, FEE_RECIPIENT, 'forebond');
      entry.blobsHidden = actions.some(({ action }) => action === 'hideBlobs');
      await this.adopt(entry);
    } catch (error) {
      this.passed = slot;
      this.log(`slot ${slot} missed: ${error.stack ?? error}`);
    }
  }

  /** What is planned for `slot`, and whatever was planned for slots that never ran. */
  due(slot) {
    const actions = this.planned.get(slot) ?? [];
    for (const planned of this.planned.keys()) if (planned <= slot) this.planned.delete(planned);
    return actions;
  }

  async act(action) {
    if (action.action === 'reorg') await this.replaceNewest(action);
    if (action.action === 'attest') this.setAttestingPercent(action.percent);
    if (action.action === 'stall') this.stalled = true;
    if (action.action === 'resume') this.stalled = false;
  }

  async produce(parent, slot, feeRecipient, graffiti) {
    const { engine, keys, chain, attestingPercent } = this;
    const forkchoice = chain.forkchoice(parent.state);
    const entry = await produceBlock({
      engine,
      keys,
      parent,
      slot,
      forkchoice,
      feeRecipient,
      graffiti,
      attestingPercent,
    });
    chain.add(entry);
    return entry;
  }

  async adopt(entry) {
    await this.engine.setHead({ head: entry.executionHash, ...this.chain.forkchoice(entry.state) });
    this.chain.setHead(entry);
  }

  /** Manual clock only: lets `count` slots pass one after the other. */
  async advance(count) {
    if (!this.manual)
      throw new Refused(
        'the chain runs in real time; slots pass by themselves (start with --manual to let them pass on request)',
      );
    if (count < 1 || count > MAX_ADVANCE_SLOTS)
      throw new Refused(`count: got ${count}, expected 1 to ${MAX_ADVANCE_SLOTS}`);
    await this.exclusive(async () => {
      for (let i = 0; i < count && !this.stopped; i++) await this.slot(this.passed + 1);
    });
  }

  /** Plans an action for a slot that has not begun. */
  plan(slot, action) {
    if (slot < this.nextSlot())
      throw new Refused(`slot ${slot} is over, the chain stands at slot ${this.nextSlot() - 1}; name a later slot`);
    const actions = this.planned.get(slot) ?? [];
    if (this.planned.size >= MAX_PLANNED || actions.length >= MAX_PLANNED)
      throw new Refused(`${MAX_PLANNED} actions are planned already; wait until some have happened`);
    this.planned.set(slot, [...actions, action]);
  }

  /** From now on so many percent of the validators attest; under 67 finality stops. */
  setAttestingPercent(percent) {
    if (percent > 100) throw new Refused(`percent: got ${percent}, expected 0 to 100`);
    this.attestingPercent = percent;
  }

  async reorg(wanted) {
    await this.exclusive(() => this.replaceNewest(wanted));
  }

  /**
   * Replaces the newest `depth` slots (missed ones counted) by other blocks of the same proposers; the first stays
   * empty with `missFirst`. Transactions of the old blocks return to the pool: with `withTransactions` before the new
   * blocks are made, otherwise after, so that they come later than they did.
   */
  async replaceNewest({ depth, missFirst = false, withTransactions = false }) {
    const { chain } = this;
    const first = this.passed - depth + 1;
    const most = this.passed - chain.checkpoint('finalized').slot;
    if (depth < 1 || depth > most)
      throw new Refused(
        `a reorg of depth ${depth} is not possible: expected 1 to ${most}, what is older is finalized or genesis`,
      );
    const base = chain.at(first - 1);
    const orphaned = [];
    for (let entry = chain.head; entry !== base; entry = chain.entries.get(entry.parent)) orphaned.unshift(entry);
    if (withTransactions) {
      // The pool judges transactions by the head's nonces.
      await this.engine.setHead({ head: base.executionHash, ...chain.forkchoice(base.state) });
      await this.returnToPool(orphaned);
    }
    this.reorgs += 1;
    const feeRecipient = REPLACEMENT_FEE_RECIPIENT + (this.reorgs % 0x10000).toString(16).padStart(4, '0');
    let head = base;
    for (let slot = missFirst ? first + 1 : first; slot <= this.passed; slot++)
      head = await this.produce(head, slot, feeRecipient, `forebond replacement ${this.reorgs}`);
    await this.adopt(head);
    if (!withTransactions) await this.returnToPool(orphaned);
  }
}
