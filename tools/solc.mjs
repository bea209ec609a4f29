#!/usr/bin/env node
// A `solc` command on top of the WebAssembly compiler from npm, for programs that expect a native one (forge, slither, halmos).
// It speaks the two things they ask for: `--version` and `--standard-json` on standard input.
//
//   foundry.toml:  solc = "tools/solc.mjs"
//
// --base-path DIR and --include-path DIR (repeatable) say where imports are looked up; default: the working directory.
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const solc = createRequire(import.meta.url)('solc');
const options = process.argv.slice(2);

/** Writes everything, however often the pipe is full. `process.stdout.write` before an exit would lose what is above 64 KiB. */
function writeAll(text) {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** The values of an option that may be given more than once. */
function valuesOf(name) {
  return options.flatMap((option, place) => (option === name ? [options[place + 1]] : []));
}

if (options.includes('--version')) {
  // Callers parse the platform suffix; a native Linux build is what they know.
  const version = solc.version().replace('.Emscripten.clang', '.Linux.g++');
  writeAll(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (options.includes('--standard-json')) {
  const folders = [...valuesOf('--base-path'), ...valuesOf('--include-path')];
  if (folders.length === 0) folders.push('.');
  const findImport = (path) => {
    for (const folder of folders) {
      try {
        return { contents: readFileSync(resolve(folder, path), 'utf8') };
      } catch {
        // Not in this folder: try the next one.
      }
    }
    return { error: `${path} not found in ${folders.join(', ')}` };
  };
  writeAll(solc.compile(readFileSync(0, 'utf8'), { import: findImport }));
} else {
  process.stderr.write('solc.mjs: expected --version or --standard-json; got: ' + options.join(' ') + '\n');
  process.exitCode = 2;
}
