// Merkle branches out of a state, by Lodestar's own types: an outside opinion on generalized indices and branches.
import { Tree } from '@chainsafe/persistent-merkle-tree';
import { ssz } from '@lodestar/types';
import { toHex } from '@lodestar/utils';

import { FORK } from './consensus/config.mjs';

/**
 * `path` as field names and indices with dots, e.g. validators.7.pubkey. Numbers that share a leaf (four 64-bit values each) are proven by
 * that leaf. Returns {path, gindex, leaf, branch}, the branch from the leaf's sibling up.
 */
export function proveField(state, path) {
  const parts = path.split('.').map((part) => (/^[0-9]+$/.test(part) ? Number(part) : camelCase(part)));
  let gindex;
  try {
    gindex = ssz[FORK].BeaconState.getPathInfo(parts).gindex;
  } catch (error) {
    throw new Error(`--prove: got ${path}, expected a path through the state (${error.message})`);
  }
  state.commit();
  const tree = new Tree(state.node);
  return {
    path,
    gindex: String(gindex),
    leaf: toHex(tree.getNode(gindex).root),
    branch: tree.getSingleProof(gindex).map((node) => toHex(node)),
  };
}

function camelCase(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
