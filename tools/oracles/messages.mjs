#!/usr/bin/env node
// A second opinion on fixtures/messages: recomputes every hash, digest, signature and encoding from the field values with
// viem, which shares no code with ours, and compares. The structs come from contracts/src/types/Messages.sol, their only declaration.
//
//   node tools/oracles/messages.mjs     exit 1 if anything differs
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  concat, encodeAbiParameters, fromRlp, getAddress, hashDomain, hashStruct, hashTypedData, hexToBytes, keccak256, numberToHex, pad,
  parseTransaction, recoverAddress, recoverTransactionAddress, serializeSignature, slice, stringToHex, toHex, toRlp,
} from 'viem';
import { privateKeyToAddress, sign } from 'viem/accounts';

const root = new URL('../../', import.meta.url);
const folder = new URL('fixtures/messages/', root);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

let compared = 0;
const differences = [];
function same(what, ours, theirs) {
  compared += 1;
  const text = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v));
  if (text(ours) !== text(theirs)) differences.push(`${what}\n  fixture  ${text(ours)}\n  computed ${text(theirs)}`);
}

// ---- Messages: types from the Solidity source, values from the fixture ----
const solidity = readFileSync(new URL('contracts/src/types/Messages.sol', root), 'utf8').replace(/\/\/.*$/gm, '');
const types = Object.fromEntries([...solidity.matchAll(/struct\s+(\w+)\s*\{([^}]*)\}/g)].map(([, name, body]) => [
  name,
  [...body.matchAll(/([\w[\]]+)\s+(\w+)\s*;/g)].map(([, type, field]) => ({ type, name: field })),
]));
const EIP712_DOMAIN = [
  { name: 'name', type: 'string' }, { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' }, { name: 'verifyingContract', type: 'address' },
];

const isNumber = (type) => type.startsWith('uint');
/** The wire form of a message as viem wants it; every declared field and no other must be there. */
function message(primaryType, value) {
  same(`${primaryType} fields`, Object.keys(value).sort(), types[primaryType].map(({ name }) => name).sort());
  return Object.fromEntries(types[primaryType].map(({ name, type }) => [name, isNumber(type) ? BigInt(value[name]) : value[name]]));
}
const only = (primaryType) => ({ [primaryType]: types[primaryType] });
const structHash = (primaryType, value) => hashStruct({ primaryType, types: only(primaryType), data: message(primaryType, value) });
const domainOf = ({ l1ChainId, inbox }) => ({ name: 'Forebond', version: '1', chainId: BigInt(l1ChainId), verifyingContract: getAddress(inbox) });
const digest = (domain, primaryType, value) =>
  hashTypedData({ domain: domainOf(domain), types: only(primaryType), primaryType, message: message(primaryType, value) });

function checkMessages() {
  const file = read('messages.json');
  same('domain name', file.domainName, 'Forebond');
  same('domain version', file.domainVersion, '1');
  for (const { about, domain, separator } of file.domains) {
    same(`domain ${about}`, separator, hashDomain({ domain: domainOf(domain), types: { EIP712Domain: EIP712_DOMAIN } }));
  }
  same('declared structs', Object.keys(file.messages).sort(), Object.keys(types).sort());
  for (const [name, { type, typeHash, vectors }] of Object.entries(file.messages)) {
    // No struct holds another one, so its type is its declaration.
    same(`${name} type`, type, `${name}(${types[name].map((field) => `${field.type} ${field.name}`).join(',')})`);
    same(`${name} type hash`, typeHash, keccak256(stringToHex(type)));
    for (const { about, value, structHash: hash, digests } of vectors) {
      same(`${name} ${about} struct hash`, hash, structHash(name, value));
      same(`${name} ${about} digests`, digests, file.domains.map(({ domain }) => digest(domain, name, value)));
    }
  }
}

// ---- Leaves and trees (R18) ----
const LEAF = ['uint256', 'bytes32', 'address', 'bytes32', 'bytes32', 'uint128'].map((type) => ({ type }));
const leafHash = (leaf) => keccak256(concat(['0x00', encodeAbiParameters(LEAF, [
  BigInt(leaf.index), leaf.txHash, getAddress(leaf.sender), leaf.receiptHash, leaf.writesHash, BigInt(leaf.coverage),
])]));
const inner = (left, right) => keccak256(concat(['0x01', left, right]));
const ZERO = pad('0x', { size: 32 });

/** Level by level; a level with an odd number of nodes gets a zero node on its right. */
function rootAndBranch(leaves, place) {
  const branch = [];
  let level = leaves;
  while (level.length > 1) {
    const even = level.length % 2 === 0 ? level : [...level, ZERO];
    branch.push(even[place % 2 === 0 ? place + 1 : place - 1]);
    level = Array.from({ length: even.length / 2 }, (_, i) => inner(even[2 * i], even[2 * i + 1]));
    place = Math.floor(place / 2);
  }
  return { root: level[0], branch };
}
const climb = (leaf, place, branch) =>
  branch.reduce((node, sibling, level) => ((place >> level) & 1 ? inner(sibling, node) : inner(node, sibling)), leaf);

function checkLeavesAndTrees() {
  for (const { about, leaf, hash } of read('leaves.json')) same(`leaf ${about}`, hash, leafHash(leaf));
  for (const tree of read('trees.json')) {
    tree.leaves.forEach((_, place) => {
      const { root: computed, branch } = rootAndBranch(tree.leaves, place);
      same(`tree of ${tree.leaves.length}: root`, tree.root, computed);
      same(`tree of ${tree.leaves.length}: branch ${place}`, tree.branches[place], branch);
    });
  }
}

// ---- Write sets and receipts: RLP ----
const rlpNumber = (quantity) => (BigInt(quantity) === 0n ? '0x' : numberToHex(BigInt(quantity), { size: Math.ceil(BigInt(quantity).toString(16).length / 2) }));
const writesRlp = (accounts) => toRlp(accounts.map(({ address, kind, nonce, balance, codeHash, slots }) => [
  address, rlpNumber(kind), rlpNumber(nonce), rlpNumber(balance), codeHash, slots.map((pair) => pair.map(rlpNumber)),
]));

function checkWrites() {
  for (const { about, accounts, encoded, hash } of read('writes.json')) {
    same(`write set ${about}`, encoded, writesRlp(accounts));
    same(`write set ${about} hash`, hash, keccak256(encoded));
  }
}

function bloom(logs) {
  const bits = new Uint8Array(256);
  for (const { address, topics } of logs) {
    for (const item of [address, ...topics]) {
      const hash = hexToBytes(keccak256(item));
      for (const at of [0, 2, 4]) {
        const bit = ((hash[at] << 8) | hash[at + 1]) & 2047;
        bits[255 - (bit >> 3)] |= 1 << (bit & 7);
      }
    }
  }
  return toHex(bits);
}

function checkReceipts() {
  for (const { about, type, status, cumulativeGasUsed, logs, deposit, encoded, hash } of read('receipts.json')) {
    const fields = [
      status ? '0x01' : '0x', rlpNumber(cumulativeGasUsed), bloom(logs),
      logs.map(({ address, topics, data }) => [address, topics, data]),
      ...(deposit ? [rlpNumber(deposit.depositNonce), rlpNumber(deposit.depositReceiptVersion)] : []),
    ];
    const prefix = BigInt(type) === 0n ? '0x' : numberToHex(BigInt(type), { size: 1 });
    same(`receipt ${about}`, encoded, concat([prefix, toRlp(fields)]));
    same(`receipt ${about} hash`, hash, keccak256(encoded));
  }
}

// ---- Signatures and whole objects ----
const signer = async (hash, signature) => (await recoverAddress({ hash, signature })).toLowerCase();

async function checkSignatures() {
  const { privateKey, address, signatures } = read('signatures.json');
  same('address of the key', address, privateKeyToAddress(privateKey).toLowerCase());
  for (const { about, digest: hash, signature } of signatures) {
    same(`signature of ${about}`, signature, serializeSignature(await sign({ hash, privateKey })));
    same(`signer of ${about}`, address, await signer(hash, signature));
  }
}

async function senderOf(raw) {
  // A deposit (type 0x7e) has no signature: 0x7e ‖ rlp([sourceHash, from, …]).
  if (slice(raw, 0, 1) === '0x7e') return fromRlp(slice(raw, 1), 'hex')[1];
  parseTransaction(raw);
  return (await recoverTransactionAddress({ serializedTransaction: raw })).toLowerCase();
}

async function checkObjects() {
  const { gateway, predecessor, objects } = read('preconfirmations.json');
  for (const { about, object } of objects) {
    const check = (what, ours, theirs) => same(`${about}: ${what}`, ours, theirs);
    const { domain, base, frag, blockEnv, leaf, parentSeal } = object;
    check('version', object.version, '0x1');
    check('frag.base', frag.base, structHash('Base', base));
    check('frag.blockEnv', frag.blockEnv, structHash('BlockEnv', blockEnv));
    if (BigInt(frag.sequence) === 0n) check('frag.previousFrag', frag.previousFrag, frag.base);
    check('base signer', gateway, await signer(digest(domain, 'Base', base), object.baseSignature));
    check('frag signer', gateway, await signer(digest(domain, 'Frag', frag), object.fragSignature));
    const place = Number(BigInt(leaf.index) - BigInt(frag.firstTransaction));
    check('branch length', object.branch.length, Math.ceil(Math.log2(Number(frag.transactionCount))));
    check('frag.promisesRoot', frag.promisesRoot, climb(leafHash(leaf), place, object.branch));
    check('leaf.txHash', leaf.txHash, keccak256(object.transaction));
    check('leaf.sender', leaf.sender, await senderOf(object.transaction));
    check('leaf.receiptHash', leaf.receiptHash, keccak256(object.receipt));
    check('leaf.writesHash', leaf.writesHash, keccak256(object.writes));
    check('writes are canonical RLP', object.writes, toRlp(fromRlp(object.writes, 'hex')));
    check('grade', object.grade, parentSeal ? 'sealed' : 'posted');
    if (parentSeal) {
      check('base.parentSeal', base.parentSeal, structHash('Seal', parentSeal.seal));
      check('parent seal signer', predecessor, await signer(digest(domain, 'Seal', parentSeal.seal), parentSeal.signature));
    }
  }
}

const CHECKED = ['leaves.json', 'messages.json', 'preconfirmations.json', 'receipts.json', 'signatures.json', 'trees.json', 'writes.json'];
same('files', readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json')).sort(), CHECKED);
checkMessages();
checkLeavesAndTrees();
checkWrites();
checkReceipts();
await checkSignatures();
await checkObjects();
if (differences.length > 0) {
  console.error(`${differences.length} of ${compared} values in fixtures/messages differ from what viem computes:\n${differences.join('\n')}`);
  process.exitCode = 1;
} else {
  console.log(`fixtures/messages: ${compared} values, all as viem computes them`);
}
