use alloy_primitives::Bytes;
use forebond_types::Batch;

use super::Docket;
use crate::{
    Accusation, Attested,
    blocks::OpenedBatch,
    faults::{batch_fork, broken_base, false_claim, lie, unkept, unkept::Against},
};

/// How a batch stands in the Inbox; names as in `IInbox.sol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Signed, and not in the Inbox.
    Unposted,
    /// May be disputed.
    Posted,
    /// Somebody disputes it.
    Disputed,
    /// For ever.
    Confirmed,
    /// Does not derive to its claim.
    Void,
    /// Stands on a void batch, or beside the one that counts.
    Orphaned,
}

/// A batch and who signed it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Number in the Inbox; 0 when it is not there.
    pub id: u32,
    /// Gateway that signed it.
    pub gateway: u32,
    /// How it stands.
    pub standing: Standing,
}

impl Docket {
    /// What a batch proves by its claim alone, without its blocks. Its signature by `posted.gateway` was checked, by the Inbox or here.
    pub fn review_claim(&self, posted: &Posted, batch: &Attested<Batch>) -> Vec<Accusation> {
        if !self.is_own(posted, &batch.message) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let end = self.chain().seals().find(|seal| seal.message.endOfWindow);
        found.extend(end.and_then(|end| batch_fork::behind_the_end(self.accused(), end, batch)));
        found.extend(broken_base::by_claim(self.accused(), batch));
        if posted.standing == Standing::Void {
            found.extend(false_claim::accuse(self.accused(), batch, posted.id));
        }
        found
    }

    /// What a batch proves against this docket's gateway with the blocks in it: one of each kind for an own batch, and at most `most`
    /// broken promises for somebody else's.
    ///
    /// `insured_wei` and `excuse` are those of [`unkept::accuse`].
    pub fn review(
        &self,
        posted: &Posted,
        batch: &OpenedBatch,
        insured_wei: u128,
        excuse: &Bytes,
        most: usize,
    ) -> Vec<Accusation> {
        if !self.is_own(posted, &batch.batch().message) {
            return self.unkept(posted, batch, insured_wei, excuse, most);
        }
        let accused = self.accused();
        let mut found = self.review_claim(posted, batch.batch());
        let has =
            |found: &[Accusation], wanted: &Accusation| found.iter().any(|one| one.id == wanted.id);
        let with_blocks = [
            self.chain()
                .seals()
                .find_map(|seal| batch_fork::accuse(accused, seal, batch)),
            broken_base::accuse(accused, batch),
            self.promises()
                .find_map(|promise| lie::accuse(accused, &promise, batch)),
        ];
        for accusation in with_blocks.into_iter().flatten() {
            if !has(&found, &accusation) {
                found.push(accusation);
            }
        }
        found
    }

    /// A batch that fell, or beside which another one counts, breaks nobody's promise.
    fn unkept(
        &self,
        posted: &Posted,
        batch: &OpenedBatch,
        insured_wei: u128,
        excuse: &Bytes,
        most: usize,
    ) -> Vec<Accusation> {
        let may_count = matches!(
            posted.standing,
            Standing::Posted | Standing::Disputed | Standing::Confirmed
        );
        if !may_count {
            return Vec::new();
        }
        let against = Against {
            batch_id: posted.id,
            gateway: posted.gateway,
            batch,
        };
        self.promises()
            .filter_map(|promise| {
                unkept::accuse(
                    self.accused(),
                    &promise,
                    against,
                    insured_wei,
                    excuse.clone(),
                )
            })
            .take(most)
            .collect()
    }

    fn is_own(&self, posted: &Posted, batch: &Batch) -> bool {
        posted.gateway == self.accused().gateway() && batch.base == self.accused().base_hash()
    }
}
