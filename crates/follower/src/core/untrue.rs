use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_net::Source;
use forebond_types::{Envelope, FragEnvelope};
use std::collections::BTreeMap;

/// Copies of one frag that are tried: what is untrue in all of them is its signer's fault, not that of who passed them on.
const MAX_TRIES: u8 = 3;
/// Frags that are remembered.
const MAX_FRAGS: usize = 1_024;

/// Frags that did not come out as signed. What travels beside a frag's signature can be altered on the way: another copy is
/// tried, and who brought the bad one is blamed, both a few times at most.
#[derive(Debug, Default)]
pub(super) struct Untrue {
    tries: BTreeMap<B256, u8>,
    told: Vec<(Source, Envelope)>,
}

impl Untrue {
    /// Whether a copy of this frag may be true.
    pub(super) fn may_try(&self, frag: &FragEnvelope) -> bool {
        self.tries.is_empty()
            || self
                .tries
                .get(&frag.frag.eip712_hash_struct())
                .is_none_or(|tries| *tries < MAX_TRIES)
    }

    /// A copy was untrue. Returns whether another one is worth asking for.
    pub(super) fn found(&mut self, frag: FragEnvelope, from: Option<Source>) -> bool {
        if self.tries.len() >= MAX_FRAGS {
            self.tries.pop_first();
        }
        let tries = self
            .tries
            .entry(frag.frag.eip712_hash_struct())
            .or_default();
        *tries = tries.saturating_add(1);
        let again = *tries < MAX_TRIES;
        self.told
            .extend(from.map(|from| (from, Envelope::Frag(frag))));
        again
    }

    /// What was found since the last time.
    pub(super) fn take(&mut self) -> Vec<(Source, Envelope)> {
        std::mem::take(&mut self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use forebond_types::{Frag, Signature};
    use std::sync::Arc;

    fn frag(sequence: u32) -> FragEnvelope {
        let mut signature = [1; 65];
        signature[64] = 27;
        FragEnvelope {
            frag: Frag {
                base: B256::ZERO,
                blockNumber: 1,
                sequence,
                previousFrag: B256::ZERO,
                timestamp: 0,
                l1OriginNumber: 0,
                l1OriginHash: B256::ZERO,
                issuedAtMs: 0,
                firstTransaction: 0,
                transactionCount: 0,
                promisesRoot: B256::ZERO,
                gasUsed: 0,
                windowCoverage: 0,
                orderingRule: 0,
                blockEnv: B256::ZERO,
            },
            signature: Signature::from_bytes(&signature).unwrap(),
            start: Bytes::new(),
            transactions: Vec::new(),
        }
    }

    fn bringer(n: u8) -> Source {
        Source::Stream(Arc::from(format!("ws://{n}")))
    }

    #[test]
    fn a_frag_altered_on_the_way_does_not_keep_the_honest_copy_away_and_its_bringer_is_named() {
        let mut untrue = Untrue::default();
        assert!(untrue.may_try(&frag(0)));
        assert!(
            untrue.found(frag(0), Some(bringer(1))),
            "another copy is asked for"
        );
        assert!(untrue.may_try(&frag(0)));
        assert_eq!(untrue.take(), vec![(bringer(1), Envelope::Frag(frag(0)))]);
        assert!(untrue.take().is_empty());
    }

    #[test]
    fn a_frag_that_its_signer_lied_in_is_tried_three_times_and_blamed_on_no_more_peers() {
        let mut untrue = Untrue::default();
        assert!(untrue.found(frag(0), Some(bringer(1))));
        assert!(untrue.found(frag(0), Some(bringer(2))));
        assert!(!untrue.found(frag(0), Some(bringer(3))));
        assert!(!untrue.may_try(&frag(0)));
        assert!(untrue.may_try(&frag(1)));
        assert_eq!(untrue.take().len(), 3);
    }
}
