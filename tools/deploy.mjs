#!/usr/bin/env node
// Deploys a plan of contracts/deployment from the committed artifacts, as the Rust side does (crates/contracts/src/plan.rs).
//
//   DEPLOYER_KEY=0x… node tools/deploy.mjs --rpc http://127.0.0.1:8545 --plan core --parameters parameters.json [--known addresses.json] [--out addresses.json]
//
// The parameters file has every @name of the plan; see contracts/deployment/README.md. Prints {name: address} and writes it to --out.
// The key is read from the environment, so that it stays out of the process list.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createPublicClient, createWalletClient, encodeDeployData, getContractAddress, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const contracts = new URL('../contracts/', import.meta.url);
const { values: options } = parseArgs({
  options: { rpc: { type: 'string' }, plan: { type: 'string' }, parameters: { type: 'string' }, known: { type: 'string' }, out: { type: 'string' } },
});
const usage = (reason) => {
  console.error(`deploy: ${reason}\nusage: DEPLOYER_KEY=0x… node tools/deploy.mjs --rpc URL --plan core|rollup|rewards --parameters FILE [--known FILE] [--out FILE]`);
  process.exit(2);
};
for (const name of ['rpc', 'plan', 'parameters']) if (!options[name]) usage(`--${name} is missing`);
if (!/^0x[0-9a-fA-F]{64}$/.test(process.env.DEPLOYER_KEY ?? '')) usage('DEPLOYER_KEY is not a private key of 32 bytes in hex');

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const plan = json(new URL(`deployment/${options.plan}.json`, contracts));
const parameters = json(options.parameters);
const known = options.known ? json(options.known) : {};

const account = privateKeyToAccount(process.env.DEPLOYER_KEY);
const chain = createPublicClient({ transport: http(options.rpc) });
const chainId = await chain.getChainId();
const wallet = createWalletClient({ account, transport: http(options.rpc), chain: { id: chainId, name: 'L1', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [options.rpc] } } } });

const firstNonce = BigInt(await chain.getTransactionCount({ address: account.address }));
plan.contracts.forEach(({ name }, place) => {
  known[name] = getContractAddress({ from: account.address, nonce: firstNonce + BigInt(place) });
});

function resolve(written, instance) {
  if (Array.isArray(written)) return written.map((one) => resolve(one, instance));
  if (typeof written === 'object') return Object.fromEntries(Object.entries(written).map(([member, one]) => [member, resolve(one, instance)]));
  const name = written.slice(1);
  if (written.startsWith('=')) return name;
  if (written.startsWith('@') && name in parameters) return parameters[name];
  if (written.startsWith('$') && name in known) return known[name];
  throw new Error(`${instance}: ${written} names nothing; parameters: ${Object.keys(parameters).join(', ')}`);
}

/** As viem wants it: integers as bigints, structs as objects. */
function typed(param, value) {
  if (param.type.endsWith('[]')) return value.map((one) => typed({ ...param, type: param.type.slice(0, -2) }, one));
  if (param.components) return Object.fromEntries(param.components.map((member) => [member.name, typed(member, value[member.name])]));
  if (/^u?int/.test(param.type)) return BigInt(value);
  if (param.type === 'bool') return value === true || value === 'true';
  return value;
}

for (const [place, { name, contract = name, args }] of plan.contracts.entries()) {
  const { abi, bytecode } = json(new URL(`artifacts/${contract}.json`, contracts));
  const inputs = abi.find(({ type }) => type === 'constructor')?.inputs ?? [];
  if (inputs.length !== args.length) throw new Error(`${name}: the constructor takes ${inputs.length} arguments, the plan gives ${args.length}`);
  const data = encodeDeployData({ abi, bytecode, args: inputs.map((param, i) => typed(param, resolve(args[i], name))) });
  const hash = await wallet.sendTransaction({ data, nonce: Number(firstNonce) + place });
  const receipt = await chain.waitForTransactionReceipt({ hash, timeout: 120_000 });
  if (receipt.status !== 'success') throw new Error(`${name}: creation failed in transaction ${hash}`);
  if (receipt.contractAddress.toLowerCase() !== known[name].toLowerCase()) throw new Error(`${name}: expected at ${known[name]}, is at ${receipt.contractAddress}`);
  console.error(`${name.padEnd(24)} ${known[name]}  ${receipt.gasUsed} gas`);
}
const text = JSON.stringify(known, null, 2);
if (options.out) writeFileSync(options.out, `${text}\n`);
console.log(text);
