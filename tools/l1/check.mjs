#!/usr/bin/env node
// Starts the L1 of published clients and checks that its two halves tell one story. Exit 0 if all holds, 1 with what
// does not.
//
//   node tools/l1/check.mjs [--preset minimal|mainnet] [--keep]
//
// --keep leaves the data directory, where the client's log is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startProcess } from './src/checks/process.mjs';
import { afterStop, byTheClock, checks } from './src/checks/checks.mjs';

const { values } = parseArgs({
  options: { preset: { type: 'string', default: 'minimal' }, keep: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'forebond-l1-'));
const validators = values.preset === 'mainnet' ? 64 : 16;

async function pass(name, work) {
  const begin = Date.now();
  await work();
  process.stdout.write(`ok   ${name} (${Date.now() - begin} ms)\n`);
}

/** Runs `list` against an L1 of its own, then sees it off. */
async function against(args, list) {
  const l1 = await startProcess([
    '--data-dir',
    join(folder, 'data'),
    '--preset',
    values.preset,
    '--validators',
    String(validators),
    ...args,
  ]);
  try {
    for (const [name, check] of list) await pass(name, () => check(l1));
  } finally {
    await l1.stop();
  }
  await pass('SIGTERM ends both clients with exit code 0', () => afterStop(l1));
}

let code = 0;
try {
  await against(['--manual', '--seed', '7'], Object.entries(checks));
  await against(['--slot-time', '2'], Object.entries(byTheClock));
} catch (error) {
  process.stdout.write(`FAIL ${error.stack ?? error}\n`);
  code = 1;
}
if (values.keep) process.stdout.write(`data directory: ${folder}\n`);
else rmSync(folder, { recursive: true, force: true });
process.exit(code);
