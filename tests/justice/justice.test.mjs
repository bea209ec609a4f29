// A broken promise costs money, and nobody's hand is in between: a gateway or validator breaks a rule, a watcher finds it and proves it
// on L1, the bond is taken, users have their refunds, and the devnet ends with 0 only if all that came out as the rules say.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, start } from '../e2e/processes.mjs';

const folder = await mkdtemp(join(tmpdir(), 'forebond-justice-'));
// Gateways take ports in a row.
const GATEWAY_PORTS = 6;
const ETHER = 10n ** 18n;
/** `npm`: on the published clients (`make tools` installs them). They take a good part of two cores, so their slots are longer. */
const L1 = process.env.FOREBOND_L1 ?? 'embedded';
const SLOT_S = L1 === 'npm' ? 6 : 2;
const DEADLINE_MS = SLOT_S * 210_000;

after(() => rm(folder, { recursive: true, force: true }));

/** What a devnet says of a run that says nothing: an honest gateway was late (fault kind 0) for real, as on a machine that stalls, or its window did not offer what a misdeed needs. */
const STALL = [/gateway \d+ was convicted of fault kind 0 in window \d+, and has done nothing/, / could not be done: /];
/** What follows from a stall, and from nothing but a stall when there was one: the late gateway's case is not closed in time. */
const AFTERMATH = [/the case of gateway \d+ is not closed/];

class BadRun extends Error {
  constructor(failures, output, watcher) {
    const misdeeds = output.split('\n').filter((line) => line.startsWith('misdeed:'));
    const cases = watcher.split('\n').filter((line) => / a case | paid for /.test(line));
    super(['the devnet failed:', ...failures, ...misdeeds, ...cases].join('\n'));
    this.failures = failures;
  }

  /** The machine was too slow, and nothing else is wrong. */
  get isStall() {
    const says = (patterns) => (failure) => patterns.some((pattern) => pattern.test(failure));
    return this.failures.some(says(STALL)) && this.failures.every(says([...STALL, ...AFTERMATH]));
  }
}

/** One on a machine that stalled says nothing, since the innocent pays, too, as it should: it is made once more. Whatever else fails has failed. */
async function run(name, args) {
  try {
    return await once(`${name}-1`, args);
  } catch (error) {
    if (!(error instanceof BadRun && error.isStall)) throw error;
    console.error(`${name}: once more, because the machine stalled:\n${error.failures.join('\n')}`);
    return once(`${name}-2`, args);
  }
}

/** Runs a devnet to its end. */
async function once(name, args) {
  const ports = ['--l1-rpc-port', '--l1-beacon-port', '--gateway-port', '--follower-port', '--watcher-port'];
  const chosen = [];
  for (const option of ports) chosen.push(option, String(await freePort(option === '--gateway-port' ? GATEWAY_PORTS : 1)));
  const devnet = await start(process.env.FOREBOND_BIN, ['devnet', '--data-dir', join(folder, name), '--json', '--l1', L1, '--slot-time', `${SLOT_S}s`, ...chosen, ...args], { ready: null });
  const { code } = await Promise.race([devnet.end(), pause(DEADLINE_MS, { code: 'not over' }, { ref: false })]);
  if (code === 'not over') await devnet.stop();
  const output = devnet.output();
  const [printed] = /^\{$.*?^\}$/ms.exec(output) ?? [];
  if (!printed) assert.fail(`no report; it ended with ${code}\n${output.slice(-6_000)}`);
  const report = JSON.parse(printed);
  if (report.failures.length !== 0) {
    const watcher = await readFile(join(folder, name, 'logs', 'watcher-1.log'), 'utf8').catch(() => '');
    throw new BadRun(report.failures, output, watcher);
  }
  assert.equal(code, 0, output.slice(-6_000));
  const files = JSON.parse(await readFile(join(folder, name, 'devnet.json'), 'utf8'));
  return { report, files, output };
}

/** A run in which these are done, each by another gateway; as few as can be, so that windows are many. */
async function misbehaving(...kinds) {
  const guilty = kinds.filter((kind) => kind !== 'miss-slot').length;
  const asked = kinds.flatMap((kind) => ['--misbehave', `${kind}@2`]);
  const { report } = await run(kinds.join('-'), ['--gateways', String(guilty + 1), '--exit-after', '8', '--spam', '8', '--handover-slots', '3', ...asked]);
  assert.equal(report.misdeeds, kinds.length);
  assert.equal(report.slashed, guilty);
  assert.ok(report.cases >= kinds.length, 'a watcher opened a case for each');
  return report;
}

test('two truths for one place, a false end of a turn and a missed slot are paid for', async () => {
  const report = await misbehaving('equivocate', 'false-end', 'miss-slot');
  assert.equal(BigInt(report.money.takenWei), 2_000n * ETHER, 'both bonds are gone');
  assert.ok(BigInt(report.money.burnedWei) >= (BigInt(report.money.takenWei) * 95n) / 100n);
  assert.equal(report.forfeited, 1);
});

test('what is withheld is refunded to its users, and who posts late pays', async () => {
  const report = await misbehaving('withhold', 'late');
  assert.ok(report.refunded >= 1, 'a user has its money: its balance on L1 grew by it');
  assert.ok(BigInt(report.money.refundsWei) > 0n);
  assert.ok(BigInt(report.money.takenWei) >= 2n * ETHER, 'two windows were late');
});

// One at a time: what takes back blocks needs a window that its own gateway goes on from, so that nobody honest builds on what falls; and a batch on a
// false one falls with it.
for (const [words, kind] of [
  ['a promised transaction that is left out', 'omit'],
  ['a promised transaction that changes places', 'reorder'],
  ['a claim without its data', 'false-claim'],
  ['a base on a parent that never was', 'broken-base'],
]) {
  test(`${words} costs the whole bond`, async () => {
    const report = await misbehaving(kind);
    assert.equal(BigInt(report.money.takenWei), 1_000n * ETHER);
  });
}

test('an honest run as long as these accuses nobody', async () => {
  // A second try is for who was late for real, as L1 itself has found; not for who is only accused.
  const { report } = await run('honest', ['--exit-after', '60', '--spam', '8']);
  assert.deepEqual([report.slashed, report.forfeited, report.refunded], [0, 0, 0]);
  assert.equal(report.cases, 0, 'no watcher opened a case, not even one that no judge would hear');
  assert.equal(report.kept, report.promises);
  assert.ok(report.promises > 100);
});
