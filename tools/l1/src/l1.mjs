// Puts the parts together: execution client, consensus, driver. The servers of main.mjs stand on what this returns.
import { chainConfig } from './consensus/config.mjs';
import { genesisState } from './consensus/genesis.mjs';
import { Keys } from './consensus/keys.mjs';
import { Chain } from './chain.mjs';
import { Driver } from './driver.mjs';
import { startExecutionClient } from './execution/client.mjs';
import { loadKzg } from './execution/kzg.mjs';

// From the start of the process to slot 0: the execution client needs a second to come up and block 0's time is in its
// genesis.
const GENESIS_LEAD_S = 3;

/** Returns { execution, chain, driver, stop() }. `returnToPool` as in Driver. */
export async function startL1({ dataDir, slotTimeS, validators, accounts, seed, manual, returnToPool, log }) {
  loadKzg();
  const genesisTimeS = Math.ceil(Date.now() / 1000) + (manual ? 0 : GENESIS_LEAD_S);
  const execution = await startExecutionClient({ dataDir, genesisTimeS });
  try {
    const keys = new Keys(validators);
    const config = chainConfig({ slotTimeS });
    const state = genesisState({
      chainConfig: config,
      keys,
      executionBlock: execution.genesis,
      genesisTimeS,
      seed,
      accounts,
    });
    const chain = new Chain(state, execution.genesis);
    const { engine } = execution;
    await engine.setHead({ head: execution.genesis.hash, ...chain.forkchoice() });
    const driver = new Driver({ chain, engine, keys, slotTimeS, manual, returnToPool, log });
    const stop = async () => {
      await driver.stop();
      await execution.stop();
    };
    return { execution, chain, driver, stop };
  } catch (error) {
    await execution.stop();
    throw error;
  }
}
