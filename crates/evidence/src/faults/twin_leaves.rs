//! fork (f): two leaves of one signed frag that claim one index.

use alloy_primitives::B256;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_protocol::branch_root;
use forebond_types::{Frag, Leaf};

use crate::{Accusation, Accused, Attested, Judge, shapes};

/// A leaf and where it stands in the frag's tree: honestly at its index less the frag's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedLeaf {
    /// The leaf.
    pub leaf: Leaf,
    /// Place in the tree, from 0.
    pub place: u32,
    /// From the leaf up, lowest sibling first.
    pub branch: Vec<B256>,
}

impl PlacedLeaf {
    /// The frag's tree holds the leaf at this place.
    pub fn stands_in(&self, frag: &Frag) -> bool {
        let root = branch_root(
            self.leaf.hash(),
            self.place,
            frag.transactionCount,
            &self.branch,
        );
        root == Some(frag.promisesRoot)
    }

    fn shape(&self) -> abi::PlacedLeaf {
        abi::PlacedLeaf {
            leaf: shapes::leaf(&self.leaf),
            place: self.place,
            branch: self.branch.clone(),
        }
    }
}

/// Accuses when both leaves stand in the frag's tree, claim one index and differ.
pub fn accuse(
    accused: &Accused,
    frag: &Attested<Frag>,
    first: &PlacedLeaf,
    second: &PlacedLeaf,
) -> Option<Accusation> {
    let same_index = first.leaf.index == second.leaf.index;
    let differ = first.leaf.hash() != second.leaf.hash();
    let stand = first.stands_in(&frag.message) && second.stands_in(&frag.message);
    if !same_index || !differ || !stand || frag.message.base != accused.base_hash() {
        return None;
    }
    let evidence = abi::TwinLeavesEvidence {
        accused: accused.shape(),
        frag: shapes::frag(&frag.message),
        signature: frag.signature.clone(),
        first: first.shape(),
        second: second.shape(),
    };
    Some(Accusation::safety(Judge::TwinLeaves, accused, &evidence))
}
