// docs/validator-operator.md, as a new operator would type it: the page's own lines, on a devnet of their own. Only ports are other ones.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, start } from './processes.mjs';

const DEADLINE_MS = 300_000;
const folder = await mkdtemp(join(tmpdir(), 'forebond-operator-'));
const rpc = await freePort();
const beacon = await freePort();
// What the page names, and what stands in its place here. The signer for development has the port that Commit-Boost gives it.
const PORTS = { 8545: rpc, 5052: beacon, 9700: await freePort(), 9701: await freePort() };
let devnet;
let shell;

before(async () => {
  await mkdir(join(folder, 'bin'));
  await symlink(resolve(process.env.FOREBOND_BIN), join(folder, 'bin', 'forebond'));
  const gateways = await freePort(2);
  const ports = { '--l1-rpc-port': rpc, '--l1-beacon-port': beacon, '--gateway-port': gateways, '--follower-port': await freePort(), '--watcher-port': await freePort() };
  devnet = await start(
    process.env.FOREBOND_BIN,
    ['devnet', '--data-dir', '.forebond/devnet', ...Object.entries(ports).flatMap(([option, port]) => [option, String(port)])],
    { ready: /^READY (.+)$/, cwd: folder },
  );
});

after(async () => {
  // The page leaves a signer and a proposer running.
  if (shell?.pid) try { process.kill(-shell.pid, 'SIGKILL'); } catch { /* all of them are gone */ }
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('ten lines take an operator from keys to a first delegated slot', async () => {
  const page = await readFile(new URL('../../docs/validator-operator.md', import.meta.url), 'utf8');
  const [, written] = /```sh\n(.*?)```/s.exec(page);
  assert.ok(written.trim().split('\n').length <= 10, 'ten lines');
  const lines = Object.entries(PORTS).reduce((text, [named, port]) => text.replaceAll(`127.0.0.1:${named}`, `127.0.0.1:${port}`), written);
  shell = spawn('bash', ['-c', `${lines}\necho "the doctor says $?"`], {
    cwd: folder,
    detached: true,
    env: { ...process.env, PATH: join(folder, 'bin') + delimiter + process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { output += chunk; });
  const timer = setTimeout(() => process.kill(-shell.pid, 'SIGKILL'), DEADLINE_MS);
  await new Promise((done) => shell.once('exit', done));
  clearTimeout(timer);
  assert.match(output, /the doctor says 0/, output);
  const verdict = output.slice(output.lastIndexOf('4 keys: '));
  // A slot is signed an epoch before it comes: the keys may take part already, or from the next epoch on, as may the loan.
  assert.match(verdict, /^4 keys: (4 registered, 0|0 registered, 4) within two epochs, 0 to be registered, 0 unknown/, output);
  assert.match(verdict, /ok +loan +(lent to )?gateway \d+ /, output);
});
