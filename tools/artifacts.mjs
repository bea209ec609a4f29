#!/usr/bin/env node
// Compiles examples/contracts/*.sol to examples/contracts/artifacts/<Contract>.json: { contract, compiler, evmVersion, abi,
// bytecode (creation code), runtime }. The result depends on nothing but the source, the pinned compiler and the settings
// below: no paths, dates or metadata hashes.
//
//   node tools/artifacts.mjs           write the files
//   node tools/artifacts.mjs --check   exit 1 if a committed file is not what the source compiles to
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const solc = createRequire(import.meta.url)('solc');
const sourceFolder = fileURLToPath(new URL('../examples/contracts/', import.meta.url));
const artifactFolder = join(sourceFolder, 'artifacts');
// Isthmus carries the Prague instruction set.
const EVM_VERSION = 'prague';

function compile() {
  const names = readdirSync(sourceFolder).filter((name) => name.endsWith('.sol')).sort();
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(sourceFolder, name), 'utf8') }])),
    settings: {
      evmVersion: EVM_VERSION,
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const complaints = output.errors ?? [];
  if (complaints.length > 0) {
    throw new Error(complaints.map((complaint) => complaint.formattedMessage).join('\n'));
  }
  const files = new Map();
  for (const [source, contracts] of Object.entries(output.contracts)) {
    for (const [contract, { abi, evm }] of Object.entries(contracts)) {
      if (evm.bytecode.object === '') continue; // an interface
      files.set(`${contract}.json`, JSON.stringify({
        contract,
        source,
        compiler: solc.version().replace(/\.Emscripten.*/, ''),
        evmVersion: EVM_VERSION,
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        runtime: `0x${evm.deployedBytecode.object}`,
      }, null, 2) + '\n');
    }
  }
  return files;
}

function committed(name) {
  try {
    return readFileSync(join(artifactFolder, name), 'utf8');
  } catch {
    return null;
  }
}

const files = compile();
if (process.argv.includes('--check')) {
  const stale = [...files].filter(([name, text]) => committed(name) !== text).map(([name]) => name);
  const orphans = readdirSync(artifactFolder).filter((name) => name.endsWith('.json') && !files.has(name));
  if (stale.length + orphans.length > 0) {
    console.error(`examples/contracts/artifacts: ${[...stale, ...orphans].join(', ')} not what the sources compile to; run \`make artifacts\``);
    process.exit(1);
  }
  console.log(`artifacts: ${files.size} files match their sources`);
} else {
  mkdirSync(artifactFolder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(artifactFolder, name), text);
  console.log(`artifacts: wrote ${[...files.keys()].join(', ')}`);
}
