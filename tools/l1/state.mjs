#!/usr/bin/env node
// An outside opinion on a Fulu beacon state: what Lodestar makes of it. One JSON object on stdout.
//
//   node tools/l1/state.mjs STATE.ssz [--preset minimal|mainnet] [--block BLOCK.ssz]... [--slots N] [--prove PATH]...
//   node tools/l1/state.mjs --chain fixtures/beacon/minimal
//
// --block  applies signed blocks in the order given, with every check on (signatures, proposer, state root); one that
//          fails ends the program with exit code 1
// --slots  then lets N slots pass without a block
// --prove  a branch from the state read in: proposer_lookahead.3, validators.7.pubkey, finalized_checkpoint.root
// --chain  replays a folder's genesis.ssz with the steps of its chain.json and compares its proofs.json; exit code 1 at
//          the first difference
//
// {preset, slot, root, headerRoot, lookahead, blocks: [{slot, root, stateRoot}], rootAfterNSlots, lookaheadAfter,
//  justifiedEpochAfter, finalizedEpochAfter, proofs: [{path, gindex, leaf, branch}]}
// Roots are 0x…, numbers decimal strings, branches begin at the leaf's sibling.
import { parseArgs } from 'node:util';

const USAGE = `usage:
  node tools/l1/state.mjs STATE.ssz [--preset minimal|mainnet] [--block BLOCK.ssz]... [--slots N] [--prove PATH]...
  node tools/l1/state.mjs --chain FOLDER
`;

function parseOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: 'string', default: 'minimal' },
      block: { type: 'string', multiple: true, default: [] },
      slots: { type: 'string', default: '0' },
      prove: { type: 'string', multiple: true, default: [] },
      chain: { type: 'string' },
    },
  });
  if ((positionals.length === 1) === (values.chain !== undefined))
    throw new Error('expected either one state file or --chain');
  if (!['minimal', 'mainnet'].includes(values.preset))
    throw new Error(`--preset: got ${values.preset}, expected minimal or mainnet`);
  if (!/^[0-9]{1,6}$/.test(values.slots)) throw new Error(`--slots: got ${values.slots}, expected a number of slots`);
  return { ...values, file: positionals[0], slots: Number(values.slots) };
}

let options;
try {
  options = parseOptions();
} catch (error) {
  process.stderr.write(`state.mjs: ${error.message}\n${USAGE}`);
  process.exit(2);
}
try {
  // Before anything that loads @lodestar/params.
  process.env.LODESTAR_PRESET = options.preset;
  const { describe, replay } = await import('./src/opinion.mjs');
  const answer = options.chain === undefined ? describe(options) : replay(options.chain);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
} catch (error) {
  process.stderr.write(`state.mjs: ${error.message}\n`);
  process.exit(1);
}
