#!/usr/bin/env node
// An L1 of published clients: EthereumJS executes, Lodestar's state transition is the consensus, one process drives
// both. Prints one line on stdout when it answers: READY {"rpc":"http://127.0.0.1:N","beacon":"http://127.0.0.1:M"}
// SIGTERM or SIGINT ends it and the execution client.
import { USAGE, parseOptions } from './src/options.mjs';

const log = (text) => process.stderr.write(`l1: ${text}\n`);

/** Starts everything; returns { urls, stop(), died (promise of why it cannot go on) }. */
async function start(options) {
  // Before anything that loads @lodestar/params.
  process.env.LODESTAR_PRESET = options.preset;
  const [{ startL1 }, { Front }, { ExecutionRpc }, { Control }, { serveBeaconApi }] = await Promise.all([
    import('./src/l1.mjs'),
    import('./src/execution/front.mjs'),
    import('./src/execution/quirks.mjs'),
    import('./src/control.mjs'),
    import('./src/beacon_api/server.mjs'),
  ]);
  let front = null;
  const l1 = await startL1({ ...options, log, returnToPool: (entries) => front.returnToPool(entries) });
  const { chain, driver, execution } = l1;
  const servers = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await l1.stop();
  };
  try {
    front = new Front({ rpc: new ExecutionRpc(execution.url), log });
    const control = new Control({ chain, driver });
    servers.push(await front.serve({ port: options.rpcPort, control }));
    servers.push(await serveBeaconApi({ chain, driver, port: options.beaconPort, log }));
    driver.start();
    const [rpc, beacon] = servers.map(({ url }) => url);
    return { urls: { rpc, beacon }, stop, died: execution.exited };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function main(options) {
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(0));
  });
  const { urls, stop, died } = await start(options);
  process.stdout.write(`READY ${JSON.stringify(urls)}\n`);
  const code = await Promise.race([asked, died.then(() => 1)]);
  if (code !== 0) log('the execution client ended; its log is in the data directory');
  await stop();
  return code;
}

let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`l1: ${error.message}\n\n${USAGE}`);
  process.exit(2);
}
try {
  process.exit(await main(options));
} catch (error) {
  log(error.stack ?? String(error));
  process.exit(1);
}
