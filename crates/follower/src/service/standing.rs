use super::{FollowerService, Links, now_ms};
use crate::core::StandingBoard;
use forebond_ledger::{
    promise::SignedBase,
    rpc::{BrokenPromise, Standing},
};
use forebond_settlement::Settlement;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a following process tells of itself.
pub struct ServiceStanding {
    /// `node`, `watcher` or `gateway`.
    pub role: &'static str,
    /// The gateway's number in the registry, once L1 has told.
    pub gateway: Box<dyn Fn() -> Option<u32> + Send + Sync>,
    /// Where the follower stands.
    pub board: Arc<StandingBoard>,
    /// The rollup on L1.
    pub settlement: Settlement,
    /// How it is linked to others.
    pub links: Arc<Links>,
    /// Whether this process sequences now.
    pub sequencing: Box<dyn Fn() -> bool + Send + Sync>,
}

impl ServiceStanding {
    /// Of a process that follows and never sequences.
    pub fn of_follower(role: &'static str, follower: &FollowerService) -> Self {
        Self {
            role,
            gateway: Box::new(|| None),
            board: follower.standing.clone(),
            settlement: follower.settlement.clone(),
            links: follower.links.clone(),
            sequencing: Box::new(|| false),
        }
    }
}

fn hex(number: u64) -> String {
    format!("{number:#x}")
}

impl Standing for ServiceStanding {
    fn status(&self) -> Value {
        let standing = self.board.standing();
        let turns = &self.settlement.facts().turns;
        let book = self.settlement.windows();
        let window = book
            .schedule
            .of_block(turns, turns.blocks.open_at(now_ms()))
            .map(|window| {
                json!({
                    "gateway": hex(u64::from(window.gateway)),
                    "firstSlot": hex(window.first_slot),
                    "lastSlot": hex(window.last_slot),
                })
            });
        let gossip = self.links.gossip().map(|net| {
            let counts = net.counters();
            json!({
                "accepted": hex(counts.accepted),
                "published": hex(counts.published),
                "unusable": hex(counts.unusable),
                "early": hex(counts.early),
                "rejected": hex(counts.rejected),
                "lagged": hex(counts.lagged),
                "served": hex(counts.served),
                "banned": hex(counts.banned),
            })
        });
        json!({
            "role": self.role,
            "gatewayId": (self.gateway)().map(|id| hex(u64::from(id))),
            "sequencing": (self.sequencing)(),
            "window": window,
            "l1": standing.l1.map(|at| json!({ "number": hex(at.number), "hash": at.hash })),
            "l1Backlog": hex(standing.l1_backlog as u64),
            "derivationWaitsFor": standing.waits_for,
            "peers": hex(self.links.streams() as u64),
            "gossipPeers": hex(self.links.gossip_peers() as u64),
            "gossip": gossip,
            "conflicts": hex(self.links.conflicts()),
            "brokenPromises": hex(standing.broken),
            "promisesSeen": hex(standing.promises),
            "frags": hex(standing.frags),
            "fragsWaiting": hex(standing.waiting as u64),
            "batches": hex(standing.batches),
            "voidBatches": standing.void.iter().map(|id| hex(u64::from(*id))).collect::<Vec<_>>(),
        })
    }

    fn base(&self, window: u64) -> Option<Arc<SignedBase>> {
        self.board.base(window)
    }

    fn broken(&self, from: usize) -> Vec<BrokenPromise> {
        self.board.broken(from)
    }
}
