// Merkle branches out of a state, by Lodestar's own types: an outside opinion on generalized indices and branches.
import { Tree, concatGindices } from '@chainsafe/persistent-merkle-tree';
import { ssz } from '@lodestar/types';
import { toHex } from '@lodestar/utils';

import { FORK } from './consensus/config.mjs';

/**
 * `path` as field names and indices with dots, e.g. validators.7.pubkey. Numbers that share a leaf (four 64-bit values
 * each) are proven by that leaf. Returns {path, gindex, leaf, branch}, the branch from the leaf's sibling up.
 */
export function proveField(state, path) {
  const parts = path.split('.').map((part) => (/^[0-9]+$/.test(part) ? Number(part) : camelCase(part)));
  let gindex;
  try {
    gindex = gindexOf(parts);
  } catch (error) {
    throw new Error(`--prove: got ${path}, expected a path through the state (${error.message})`);
  }
  const tree = treeOf(state);
  return { path, gindex: String(gindex), leaf: toHex(tree.getRoot(gindex)), branch: branchOf(tree, gindex) };
}

/**
 * Compares recorded proofs (fixtures/beacon/README.md) with what stands in our states; `stateOf` gives a state by its
 * root. Throws at the first difference, otherwise says how many were compared.
 */
export function compareProofs(recorded, stateOf) {
  let compared = 0;
  const compare = (what, { stateRoot }, gindex, leaves, branch) => {
    const tree = treeOf(stateOf(stateRoot));
    const width = BigInt(leaves.length);
    const own = leaves.map((_, i) => toHex(tree.getRoot(BigInt(gindex) * width + BigInt(i))));
    same(`${what}: leaves`, own, leaves);
    same(`${what}: branch`, branchOf(tree, BigInt(gindex)), branch);
    compared += 1;
  };
  for (const proof of recorded.lookahead)
    compare(`lookahead from ${proof.firstSlot}`, proof, proof.gindex, proof.chunks, proof.branch);
  for (const proof of recorded.slots)
    compare(`proposer of ${proof.slot}`, proof, proof.gindex, [proof.chunk], proof.branch);
  for (const proof of recorded.validators) {
    compare(
      `validator ${proof.validatorIndex}`,
      proof,
      proof.gindex,
      [proof.pubkeyRoot, proof.withdrawalCredentials],
      proof.branch,
    );
  }
  for (const proof of recorded.presence) {
    compare(`before slot ${proof.slot}`, proof, proof.gindexBefore, [proof.rootBefore], proof.branchBefore);
    compare(`at slot ${proof.slot}`, proof, proof.gindexAt, [proof.rootAt], proof.branchAt);
  }
  const { gindices } = recorded;
  same('gindex of the lookahead', String(gindexOf(['proposerLookahead', 0])), gindices.lookaheadFirstChunk);
  same('gindex of block root 5', String(gindexOf(['blockRoots', 5])), gindices.blockRoot5);
  same('gindex of validator 5', String(gindexOf(['validators', 5, 'pubkey']) / 2n), gindices.validator5Identity);
  return compared;
}

function same(what, got, expected) {
  if (String(got) !== String(expected)) throw new Error(`${what}: got ${got}, expected ${expected}`);
}

function treeOf(state) {
  state.commit();
  return new Tree(state.node);
}

function branchOf(tree, gindex) {
  return tree.getSingleProof(gindex).map((node) => toHex(node));
}

/**

 * Property by property: the library's own `getPathInfo` ends at validators, which it keeps as plain objects without

 * positions.

 */
function gindexOf(path) {
  const steps = [];
  let type = ssz[FORK].BeaconState;
  for (const part of path) {
    const step = type.getPropertyGindex?.(part) ?? type.fieldsGindex?.[part] ?? null;
    if (step === null) throw new Error(`nothing to prove at ${part}`);
    steps.push(step);
    type = type.getPropertyType(part);
  }
  return concatGindices(steps);
}

function camelCase(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
