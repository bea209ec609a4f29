#!/usr/bin/env node
// Writes crates/rollup/src/op/predeploys/*.hex: runtime code of OP Stack contracts, taken from two published packages.
//   kona-hardforks (crates.io): creation code of the Isthmus upgrade's contracts; run in an EVM (anvil), what it returns is kept.
//   @eth-optimism/contracts-bedrock (npm): runtime code of contracts that no upgrade replaced.
// With --check the committed files are compared instead of written.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAnvil } from '../../tests/e2e/anvil.mjs';
import { viem } from '../../tests/e2e/packages.mjs';

const KONA_HARDFORKS = '0.4.5';
const CONTRACTS_BEDROCK = '0.17.3';

// file name, where its code comes from, keccak-256 of the runtime code as the Isthmus specification states it.
const CREATED = [
  ['l1_block', 'l1_block_isthmus.hex', '0x8e3fe7a416d3e5f3b7be74ddd4e7e58e516fa3f80b67c6d930e3cd7297da4a4b'],
  ['gas_price_oracle', 'gpo_isthmus.hex', '0x4d195a9d7caf9fb6d4beaf80de252c626c853afd5868c4f4f8d19c9d301c2679'],
  ['operator_fee_vault', 'ofv_isthmus.hex', '0x57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971'],
];
const PUBLISHED = [['l2_to_l1_message_passer', 'L2ToL1MessagePasser']];

const target = fileURLToPath(new URL('../../crates/rollup/src/op/predeploys/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'predeploys-'));

/** The unpacked source folder of kona-hardforks, fetched by cargo. */
function konaFolder() {
  const folder = join(scratch, 'kona');
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'src', 'lib.rs'), '');
  writeFileSync(join(folder, 'Cargo.toml'),
    `[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nkona-hardforks = "=${KONA_HARDFORKS}"\n`);
  const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--format-version', '1'], {
    cwd: folder, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'],
  }));
  return dirname(metadata.packages.find(({ name }) => name === 'kona-hardforks').manifest_path);
}

/** The unpacked contracts-bedrock package, fetched by npm. */
function bedrockFolder() {
  const folder = join(scratch, 'bedrock');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `@eth-optimism/contracts-bedrock@${CONTRACTS_BEDROCK}`],
    { cwd: folder, stdio: 'ignore' });
  return join(folder, 'node_modules', '@eth-optimism', 'contracts-bedrock');
}

async function runtimeCodes() {
  const codes = new Map();
  const anvil = await startAnvil();
  try {
    const client = viem.createPublicClient({ transport: viem.http(anvil.url) });
    const kona = konaFolder();
    for (const [name, file, expected] of CREATED) {
      const creation = `0x${readFileSync(join(kona, 'src', 'bytecode', file), 'utf8').replaceAll(/\s|^0x/g, '')}`;
      // A call without recipient runs the constructor and returns the code it would leave behind, immutables filled in.
      const { data } = await client.call({ data: creation, gas: 10_000_000n });
      const got = viem.keccak256(data);
      if (got !== expected) throw new Error(`${name}: runtime code hashes to ${got}, the specification says ${expected}`);
      codes.set(name, data);
    }
  } finally {
    await anvil.stop();
  }
  const bedrock = bedrockFolder();
  for (const [name, contract] of PUBLISHED) {
    const { deployedBytecode } = JSON.parse(
      readFileSync(join(bedrock, 'forge-artifacts', `${contract}.sol`, `${contract}.json`), 'utf8'));
    if (Object.keys(deployedBytecode.immutableReferences ?? {}).length > 0) {
      throw new Error(`${contract} has immutables: its constructor must be run instead`);
    }
    codes.set(name, deployedBytecode.object);
  }
  return codes;
}

try {
  const codes = await runtimeCodes();
  let stale = 0;
  for (const [name, code] of codes) {
    const text = `${code.slice(2)}\n`;
    const path = join(target, `${name}.hex`);
    console.log(`${name}.hex  ${(text.length - 1) / 2} bytes  keccak-256 ${viem.keccak256(code)}`);
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what the packages give`);
      stale += 1;
    }
  }
  process.exitCode = stale > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
