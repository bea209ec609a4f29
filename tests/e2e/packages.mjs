// Outside programs and libraries of the end-to-end tests, all pinned in tools/package.json.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The tests sit beside tools/, so bare imports would not find tools/node_modules.
const require = createRequire(new URL('../../tools/package.json', import.meta.url));

export const viem = require('viem');
export const viemAccounts = require('viem/accounts');
export const ethers = require('ethers');

function foundry(name) {
  // FOREBOND_CAST, FOREBOND_ANVIL: another build of the program, for platforms whose package is not in tools/package.json.
  return process.env[`FOREBOND_${name.toUpperCase()}`]
    ?? fileURLToPath(new URL(`../../tools/node_modules/@foundry-rs/${name}-linux-amd64/bin/${name}`, import.meta.url));
}

export const castPath = foundry('cast');
export const anvilPath = foundry('anvil');

/** The compiled example contract `name` (ABI and bytecode), from examples/contracts/artifacts. */
export function artifact(name) {
  return require(fileURLToPath(new URL(`../../examples/contracts/artifacts/${name}.json`, import.meta.url)));
}
