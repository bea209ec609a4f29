use crate::l1::L1Source;
use forebond_rollup::op::{L1Origin, derive::next_origin};
use forebond_settlement::Settlement;
use op_alloy_consensus::TxDeposit;

/// L1 as a turn sees it: what was followed, never a guess. When the branch a turn stands on is gone, the origin stays where it is
/// until the turn is ended.
#[derive(Debug)]
pub struct FollowedL1 {
    settlement: Settlement,
}

impl FollowedL1 {
    /// L1 through the rollup's settlement view.
    pub const fn new(settlement: Settlement) -> Self {
        Self { settlement }
    }
}

impl L1Source for FollowedL1 {
    fn first_origin(&mut self) -> L1Origin {
        self.settlement.rollup().genesis.origin
    }

    fn next_origin(&mut self, current: &L1Origin, timestamp_s: u64) -> L1Origin {
        let book = self.settlement.origins();
        let newest = book.newest_usable(self.settlement.facts().origins.depth);
        let parent = (current.number, current.hash);
        next_origin(parent, timestamp_s, newest, book.as_ref()).unwrap_or(*current)
    }

    fn deposits(&mut self, origin: &L1Origin) -> Vec<TxDeposit> {
        let book = self.settlement.origins();
        book.block(origin.number)
            .filter(|block| block.at.hash == origin.hash)
            .map(|block| block.deposits.clone())
            .unwrap_or_default()
    }
}
