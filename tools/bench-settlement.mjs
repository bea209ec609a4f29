// What the way from promises to L1 and back costs, on a devnet of its own; prints a table and writes it to docs/bench-settlement-latest.md.
//
//   SECONDS_LOADED=60 RATE=1000   transfers per second, for so long
//   PARTS="lag derive handover dead bytes"   which parts
//   FOREBOND_BIN=…                another binary than the release build
//   BENCH_DIR=/var/tmp            where data is written; must be a disk, or syncing costs nothing
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, run, start } from '../tests/e2e/processes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = process.env.FOREBOND_BIN ?? join(process.env.CARGO_TARGET_DIR ?? 'target', 'release', 'forebond');
const seconds = Number(process.env.SECONDS_LOADED ?? 60);
const rate = Number(process.env.RATE ?? 1000);
const parts = (process.env.PARTS ?? 'lag derive handover dead bytes').split(' ');
const output = process.env.OUTPUT ?? join(root, 'docs', 'bench-settlement-latest.md');
const folder = await mkdtemp(join(process.env.BENCH_DIR ?? '/var/tmp', 'forebond-settlement.'));
/** Slots of the runs that measure hand-overs. */
const HANDOVER_SLOTS = 40;
const rows = [];
let missed = 0;

const say = (words) => console.error(`bench: ${words}`);

/** A line of the table; `limit` is the target of design, `value` what is compared with it. */
function row(what, figure, { target = '-', value = 0, within = () => true } = {}) {
  const met = target === '-' ? '' : within(value) ? 'met' : 'MISSED';
  if (met === 'MISSED') missed += 1;
  rows.push([what, figure, target, met]);
  say(`${what}: ${figure}${met ? ` (${target}: ${met})` : ''}`);
}

async function call(url, method, ...params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result;
}

const head = async (url, tag) => {
  const block = await call(url, 'eth_getBlockByNumber', tag, false);
  return block ? { number: Number(block.number), hash: block.hash } : { number: 0, hash: null };
};

async function until(what, deadlineMs, ask) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await pause(50);
  }
}

async function command(name, args) {
  const ports = [];
  // Gateways take ports in a row.
  for (const option of ['--l1-rpc-port', '--l1-beacon-port', '--gateway-port', '--follower-port']) ports.push(option, String(await freePort(option === '--gateway-port' ? 2 : 1)));
  return ['devnet', '--data-dir', join(folder, name), ...ports, ...args];
}

/** A devnet with whatever it says of itself in devnet.json. */
async function devnet(name, args) {
  const process = await start(program, await command(name, args), { ready: /^READY (.+)$/, deadlineMs: 60_000 });
  return { process, facts: JSON.parse(await readFile(process.match[1], 'utf8')) };
}

/** The object that a run with an end prints. */
async function summary(name, args) {
  const { code, stdout, stderr } = await run(program, await command(name, ['--json', ...args]), { deadlineMs: 400_000 });
  if (code !== 0) throw new Error(`the devnet ended with ${code}\n${stderr.slice(-4000)}`);
  return JSON.parse(stdout.slice(stdout.indexOf('{')));
}

/** One gateway under load, beside L1, batcher and follower; then a node that knows nothing but L1. */
async function loaded() {
  const net = await devnet('loaded', ['--gateways', '1', '--spam', '0']);
  try {
    const gateway = net.facts.gateways[0];
    const follower = net.facts.followers[0];
    await until('the gateway sequences', 60_000, async () => (await call(gateway.rpc, 'forebond_status')).sequencing);
    const before = await head(follower.rpc, 'latest');
    say(`${rate} transfers per second for ${seconds} s`);
    const load = run(program, ['bench', '--url', gateway.ws, '--rate', String(rate), '--seconds', String(seconds), '--senders', '200', '--json'], { deadlineMs: (seconds + 120) * 1000 });
    // The load prepares its senders first; the same frags are then seen by both streams.
    const listened = await run(program, ['bench', '--url', gateway.ws, '--lag', follower.ws, '--seconds', String(seconds), '--json'], { deadlineMs: (seconds + 60) * 1000 });
    const sent = await load;
    if (listened.code !== 0) throw new Error(listened.stderr);
    if (sent.code !== 0) throw new Error(sent.stderr);
    const [lag, promised] = [JSON.parse(listened.stdout), JSON.parse(sent.stdout)];
    if (promised.verified < promised.sent) {
      // Figures of another load than the one that is named would be worth nothing.
      const logs = await readFile(join(folder, 'loaded', 'logs', 'gateway-1.log'), 'utf8').catch(() => '');
      throw new Error(`${promised.verified} of ${promised.sent} transactions were promised: ${JSON.stringify(promised.errors)}\n${logs.slice(-4000)}`);
    }
    const ms = (p) => `p50 ${p.p50} ms, p99 ${p.p99} ms, p99.9 ${p.p999} ms`;
    if (parts.includes('lag')) {
      row(`a follower's stream behind the gateway's, ${Math.round(lag.transactions / lag.seconds)} tx/s in ${Math.round(lag.frags / lag.seconds)} frags/s`, ms(lag.lag_ms),
        { target: 'p99 ≤ 10 ms', value: lag.lag_ms.p99, within: (p99) => p99 <= 10 });
      row(`a checked promise, ${rate} tx/s, with L1, batcher and follower on the same machine`, ms(promised.latency_ms));
    }
    if (parts.includes('derive')) await derive(net, before.number);
  } finally {
    await net.process.stop();
  }
}

async function derive(net, from) {
  const follower = net.facts.followers[0].rpc;
  const goal = await head(follower, 'latest');
  say(`waiting until L1 holds block ${goal.number}`);
  await until('everything posted', 120_000, async () => (await head(follower, 'safe')).number >= goal.number);
  const port = await freePort();
  const began = performance.now();
  const node = await start(program,
    ['node', '--rollup', net.facts.rollup.file, '--l1-rpc', net.facts.l1.rpc, '--l1-beacon', net.facts.l1.beacon, '--http', `127.0.0.1:${port}`, '--data-dir', join(folder, 'late')],
    { ready: /^READY / });
  try {
    const url = `http://127.0.0.1:${port}`;
    // Blocks of before the load are few and empty; the way to them is the start of the process, its trusted setup above all.
    await until('the new node derives', 120_000, async () => (await head(url, 'safe')).number >= from);
    const underWay = (performance.now() - began) / 1000;
    await until('the new node is there', 120_000, async () => (await head(url, 'safe')).number >= goal.number);
    const took = (performance.now() - began) / 1000;
    const theirs = await call(url, 'eth_getBlockByNumber', `0x${goal.number.toString(16)}`, false);
    if (theirs.hash !== goal.hash) throw new Error(`block ${goal.number} is ${theirs.hash} derived and ${goal.hash} followed`);
    const span = (goal.number - from) * net.facts.rollup.blockTime;
    const times = span / (took - underWay);
    row(`a new node from L1 alone: ${span} s of chain, ${seconds * rate} transfers`,
      `${times.toFixed(0)} times real time once it derives; ${underWay.toFixed(1)} s until then, ${took.toFixed(1)} s from its start to the same hash (${(span / took).toFixed(0)} times)`,
      { target: '≥ 20 times', value: times, within: (value) => value >= 20 });
  } finally {
    await node.stop();
  }
}

async function handover() {
  say(`${HANDOVER_SLOTS} slots, both gateways alive`);
  const report = await summary('alive', ['--exit-after', String(HANDOVER_SLOTS), '--spam', '100', '--seed', '4']);
  row(`from the last promise of a gateway to the first of the next, both alive, ${report.handovers} hand-overs`, `p50 ${report.handoverGapMsP50} ms, longest ${report.handoverGapMsMax} ms`,
    { target: '≤ 1 block (1000 ms)', value: report.handoverGapMsMax, within: (gap) => gap <= 1000 });
  row('paid on L1 for gas and blobs', `${report.costs.weiPerTransaction} wei per transaction at ${Math.round(report.kept / (HANDOVER_SLOTS * 2))} tx/s`);
}

async function dead() {
  say(`${HANDOVER_SLOTS} slots, one gateway killed`);
  const report = await summary('dead', ['--exit-after', String(HANDOVER_SLOTS), '--spam', '100', '--seed', '4', '--kill', 'gateway-2@12']);
  row(`from the opening of a turn to its first promise, the gateway before dead, ${report.kept} promises kept and ${report.broken} broken`, `p50 ${report.openingMsP50} ms, longest ${report.openingMsMax} ms`,
    { target: '≤ 1 slot + 2 blocks (4000 ms)', value: report.openingMsMax, within: (gap) => gap <= 4000 });
}

/** Batch bytes beside the OP Stack's own encodings, by its published crates. */
async function bytes() {
  say('batch bytes beside the encodings of the OP Stack');
  const table = await run('cargo', ['run', '--quiet', '--release', '--locked', '--manifest-path', join(root, 'tools/kona/Cargo.toml'), '--', 'table'], { deadlineMs: 1_200_000 });
  if (table.code !== 0) throw new Error(table.stderr);
  return table.stdout;
}

let table = '';
try {
  if (parts.includes('lag') || parts.includes('derive')) await loaded();
  if (parts.includes('handover')) await handover();
  if (parts.includes('dead')) await dead();
  if (parts.includes('bytes')) table = await bytes();
} finally {
  await rm(folder, { recursive: true, force: true });
}
const text = [
  '# Settlement, measured', '',
  `Made by \`make bench-settlement\` on ${new Date().toISOString().slice(0, 10)}, release build; L1, gateways, batchers and followers share the machine.`, '',
  '| what | figure | target | |', '|---|---|---|---|',
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ...(table ? ['', '## Batch bytes', '', table.trim()] : []), '',
].join('\n');
await writeFile(output, text);
console.log(text);
if (missed) say(`${missed} targets missed`);
