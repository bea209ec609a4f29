// @ethereumjs/statemanager with the names that verkle_names.mjs tells of. Whoever does use them is told so.
export * from '@ethereumjs/statemanager';

class Gone {
  constructor() {
    throw new Error('Verkle state is not part of this client any more');
  }
}

export const StatefulVerkleStateManager = Gone;
export const StatelessVerkleStateManager = Gone;
export const getVerkleStateProof = () => new Gone();
