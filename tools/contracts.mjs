#!/usr/bin/env node
// Compiles contracts/src with forge, as contracts/foundry.toml says and the tests run it, and keeps what deployment needs in
// contracts/artifacts/<Contract>.json: { contract, source, compiler, evmVersion, optimizerRuns, abi, bytecode (creation code) }.
// Contracts that stand in a rollup's genesis (PREDEPLOYS) are kept as runtime code, too, in crates/rollup/src/op/predeploys/<name>.hex.
// The result depends on nothing but the sources, the pinned compiler and the settings.
//
//   node tools/contracts.mjs           write the files
//   node tools/contracts.mjs --check   exit 1 if a committed file is not what the sources compile to
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../contracts/', import.meta.url));
const forge = fileURLToPath(new URL('node_modules/@foundry-rs/forge-linux-amd64/bin/forge', import.meta.url));
const folder = join(root, 'artifacts');
const predeploys = fileURLToPath(new URL('../crates/rollup/src/op/predeploys/', import.meta.url));
/** Contracts without constructor whose runtime code genesis puts at its place: file name by contract. */
const PREDEPLOYS = { FeeVault: 'fee_vault.hex', RewardsManager: 'rewards_manager.hex' };
/** Interfaces whose shapes are needed outside, without code. */
const SHAPES = ['IEvidenceShapes'];
/** EIP-170: longer runtime code cannot be deployed. */
const LONGEST_RUNTIME_BYTES = 24_576;

function compile() {
  // Folders of its own: files of an earlier layout, or a build that runs beside, must not leak in.
  const scratch = mkdtempSync(join(tmpdir(), 'forebond-contracts-'));
  try {
    execFileSync(forge, ['build', '--force', '--skip', 'test', '--skip', 'script', '--out', join(scratch, 'out'), '--cache-path', join(scratch, 'cache')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
    });
    const found = outputs(join(scratch, 'out'));
    return {
      files: new Map(found.map(({ output }) => [`${output.contract}.json`, JSON.stringify(output, null, 2) + '\n'])),
      codes: new Map(found.filter(({ output }) => output.contract in PREDEPLOYS).map(({ output, deployed }) => [PREDEPLOYS[output.contract], predeployed(output, deployed)])),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runtime code as a line of hex. What only a constructor could fill in would be missing in genesis. */
function predeployed({ contract, abi }, { object, immutableReferences = {} }) {
  const isPlain = Object.keys(immutableReferences).length === 0 && !abi.some(({ type }) => type === 'constructor');
  if (!isPlain) throw new Error(`${contract} has a constructor or immutables: genesis cannot run it`);
  return `${object.slice(2)}\n`;
}

/** Every contract of ours that can be deployed by itself: no interfaces, no abstract contracts, no internal libraries. */
function outputs(out) {
  const found = [];
  for (const source of readdirSync(out).filter((name) => name.endsWith('.sol')).sort()) {
    for (const file of readdirSync(join(out, source)).sort()) {
      const { abi, bytecode, deployedBytecode, metadata } = JSON.parse(readFileSync(join(out, source, file), 'utf8'));
      const [[path, contract]] = Object.entries(metadata.settings.compilationTarget);
      const functions = abi.filter(({ type }) => type === 'function').length;
      const wanted = bytecode.object !== '0x' || SHAPES.includes(contract);
      if (!path.startsWith('src/') || !wanted || functions === 0) continue;
      if (bytecode.object.includes('__$')) throw new Error(`${path}: ${contract} needs a linked library; make its functions internal`);
      const size = (deployedBytecode.object.length - 2) / 2;
      if (size > LONGEST_RUNTIME_BYTES) throw new Error(`${path}: ${contract} has ${size} bytes of runtime code; at most ${LONGEST_RUNTIME_BYTES} can be deployed (EIP-170)`);
      const { evmVersion, optimizer } = metadata.settings;
      found.push({ output: { contract, source: path, compiler: metadata.compiler.version, evmVersion, optimizerRuns: optimizer.runs, abi, bytecode: bytecode.object }, deployed: deployedBytecode });
    }
  }
  return found;
}

function committed(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const { files, codes } = compile();
mkdirSync(folder, { recursive: true });
const orphans = readdirSync(folder).filter((name) => name.endsWith('.json') && !files.has(name));
if (process.argv.includes('--check')) {
  const staleIn = (where, texts) => [...texts].filter(([name, text]) => committed(join(where, name)) !== text).map(([name]) => name);
  const stale = [...staleIn(folder, files), ...staleIn(predeploys, codes)];
  if (stale.length + orphans.length > 0) {
    console.error(`contracts/artifacts, predeploys: ${[...stale, ...orphans].join(', ')} not what the sources compile to; run \`make artifacts\``);
    process.exit(1);
  }
  console.log(`contracts/artifacts, predeploys: ${files.size + codes.size} files match their sources`);
} else {
  for (const name of orphans) rmSync(join(folder, name));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  for (const [name, text] of codes) writeFileSync(join(predeploys, name), text);
  console.log(`contracts/artifacts: wrote ${[...files.keys(), ...codes.keys()].join(', ')}`);
}
