use alloy_primitives::Bytes;
use forebond_evidence::{Attested, Promise};
use forebond_ledger::promise::PublishedFrag;

/// The promises of a frag that was followed, with their raw transactions: what its gateway gave to each sender.
pub fn promises_of(frag: &PublishedFrag) -> Vec<(Promise, Bytes)> {
    let attested = Attested {
        message: frag.frag.clone(),
        signature: frag.signature.as_bytes().to_vec().into(),
    };
    frag.transactions
        .iter()
        .enumerate()
        .filter_map(|(place, promised)| {
            let promise = Promise {
                frag: attested.clone(),
                env: frag.start.opening.env.clone(),
                leaf: promised.leaf,
                branch: frag.tree.branch(place)?,
            };
            Some((promise, promised.tx.raw().clone()))
        })
        .collect()
}
