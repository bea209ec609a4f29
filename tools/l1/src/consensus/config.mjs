// The consensus chain's configuration: Fulu from genesis, one preset for the whole process.
//
// @lodestar/params fixes the preset when it is first loaded, from LODESTAR_PRESET. Entry points set that variable
// before they import anything below this folder.
import { mainnetChainConfig, minimalChainConfig } from '@lodestar/config/configs';
import { ACTIVE_PRESET } from '@lodestar/params';
import { fromHex } from '@lodestar/utils';

import { CHAIN_ID, DEPOSIT_CONTRACT } from '../execution/genesis.mjs';

export const FORK = 'fulu';

/**
 * Fork versions and every other value are those of the preset's published configuration, except what is named here.
 * Blob limits: no entry in BLOB_SCHEDULE, so nine a block as in Electra, which is what the execution client enforces.
 */
export function chainConfig({ slotTimeS }) {
  const published = ACTIVE_PRESET === 'mainnet' ? mainnetChainConfig : minimalChainConfig;
  return {
    ...published,
    CONFIG_NAME: 'forebond-devnet',
    ALTAIR_FORK_EPOCH: 0,
    BELLATRIX_FORK_EPOCH: 0,
    CAPELLA_FORK_EPOCH: 0,
    DENEB_FORK_EPOCH: 0,
    ELECTRA_FORK_EPOCH: 0,
    FULU_FORK_EPOCH: 0,
    GLOAS_FORK_EPOCH: Infinity,
    HEZE_FORK_EPOCH: Infinity,
    MIN_GENESIS_ACTIVE_VALIDATOR_COUNT: 1,
    MIN_GENESIS_TIME: 0,
    GENESIS_DELAY: 0,
    TERMINAL_TOTAL_DIFFICULTY: 0n,
    SECONDS_PER_SLOT: slotTimeS,
    SLOT_DURATION_MS: slotTimeS * 1000,
    DEPOSIT_CHAIN_ID: CHAIN_ID,
    DEPOSIT_NETWORK_ID: CHAIN_ID,
    DEPOSIT_CONTRACT_ADDRESS: fromHex(DEPOSIT_CONTRACT),
    BLOB_SCHEDULE: [],
  };
}
