// Child processes for tests: start, wait for a line, stop, and say what was printed when something goes wrong.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

// Below the ports that systems hand out by themselves (from 32768 on): no connection takes one between this look and its use.
let nextPort = 21_000 + Math.floor(Math.random() * 8_000);

/** The first of `count` TCP ports in a row of the loopback interface that were free a moment ago. */
export async function freePort(count = 1) {
  for (let tries = 0; tries < 1_000; tries++) {
    const first = nextPort;
    nextPort += count;
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row from 21000 on`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Starts a program and waits until a line of its standard output matches `ready`; null: waits for nothing.
 * Returns { match, output(), stop(signal) }; `stop` resolves to { code, signal } when the process has ended.
 */
export async function start(program, args, { ready, deadlineMs = 30_000, env = {}, cwd }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output += chunk;
    if (output.length > 1_000_000) output = output.slice(-500_000);
  };
  child.stderr.setEncoding('utf8').on('data', keep);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

  let deadline;
  const match = await new Promise((resolve, reject) => {
    if (ready === null) resolve(null);
    const fail = (why) => reject(new Error(`${program} ${args.join(' ')}: ${why}\n${output}`));
    deadline = setTimeout(() => fail(`no line matching ${ready} within ${deadlineMs} ms`), deadlineMs);
    let pending = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      keep(chunk);
      pending += chunk;
      const lines = pending.split('\n');
      pending = lines.pop();
      for (const line of lines) {
        const found = ready?.exec(line);
        if (found) resolve(found);
      }
    });
    ended.then(({ code, signal, error }) => fail(error ? error.message : `ended with ${signal ?? code} before it was ready`));
  }).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  }).finally(() => clearTimeout(deadline));

  return {
    match,
    output: () => output,
    /** Resolves to { code, signal } when the process has ended by itself. */
    end: () => ended,
    async stop(signal = 'SIGTERM', graceMs = 20_000) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const end = await ended;
      clearTimeout(timer);
      return end;
    },
  };
}

/** Runs a program to its end. Resolves to { code, stdout, stderr }; never rejects because of the exit code. */
export function run(program, args, { deadlineMs = 60_000, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => { stdout += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk) => { stderr += chunk; });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}
