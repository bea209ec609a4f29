use crate::core::{Authority, StandingBoard, authority};
use alloy_primitives::{Address, B256};
use forebond_ledger::board::Board;
use forebond_net::{Judge, Judgement, Unusable};
use forebond_protocol::TurnClock;
use forebond_settlement::{Settlement, WindowBook};
use forebond_types::{BaseEnvelope, Envelope};
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};

/// A base may come so long before its turn, milliseconds: clocks differ.
const AHEAD_MS: u64 = 1_000;
/// Bases let through that the follower has not looked at yet, at most.
const MAX_PASSED: usize = 64;

/// Lets through what any gateway of the rollup signed; whose turn it is, the follower decides with the base at hand. For
/// streams, which bring a gateway's past.
#[derive(Debug)]
pub(super) struct KnownSigners {
    pub(super) settlement: Settlement,
}

fn known(book: &WindowBook, signer: Address) -> bool {
    book.gateways
        .values()
        .flat_map(|gateway| gateway.epochs.values())
        .filter_map(|epoch| epoch.committers.as_ref())
        .any(|set| set.members.contains(&signer))
}

impl Judge for KnownSigners {
    fn judge(&self, _envelope: &Envelope, signer: Address) -> Judgement {
        if known(&self.settlement.windows(), signer) {
            Judgement::Accept
        } else {
            Judgement::Ignore(Unusable::UnknownSigner)
        }
    }
}

/// Passes on only what stands under a base of the window's own gateway. For gossip: what it accepts reaches every peer.
///
/// Nothing is refused with blame: a peer whose view of L1 differs may honestly think otherwise.
pub(super) struct TurnJudge {
    /// What L1 says now.
    windows: Box<dyn Fn() -> Arc<WindowBook> + Send + Sync>,
    turns: TurnClock,
    standing: Arc<StandingBoard>,
    board: Arc<Board>,
    now_ms: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Bases let through a moment ago, with their signers: their first frags are right behind them.
    passed: Mutex<VecDeque<(B256, Address)>>,
}

impl TurnJudge {
    pub(super) fn new(
        windows: impl Fn() -> Arc<WindowBook> + Send + Sync + 'static,
        turns: TurnClock,
        standing: Arc<StandingBoard>,
        board: Arc<Board>,
        now_ms: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            windows: Box::new(windows),
            turns,
            standing,
            board,
            now_ms: Box::new(now_ms),
            passed: Mutex::default(),
        }
    }

    fn base(&self, book: &WindowBook, base: &BaseEnvelope, signer: Address) -> Judgement {
        match authority(book, &base.base, signer) {
            Authority::Owner(window) => {
                let blocks = self.turns.blocks_of(&window);
                let opens_ms = self
                    .turns
                    .blocks
                    .closes_at_ms(blocks.first.saturating_sub(1));
                if blocks.last <= self.board.settled().safe {
                    Judgement::Ignore(Unusable::Late)
                } else if (self.now_ms)().saturating_add(AHEAD_MS) < opens_ms {
                    Judgement::Ignore(Unusable::Early)
                } else {
                    Judgement::Accept
                }
            }
            _ if !known(book, signer) => Judgement::Ignore(Unusable::UnknownSigner),
            Authority::Unknown => Judgement::Ignore(Unusable::Early),
            Authority::Stranger => Judgement::Ignore(Unusable::Other("not its window")),
        }
    }

    fn signer_of(&self, base: &B256) -> Option<Address> {
        self.standing.signer(base).or_else(|| {
            let passed = self.passed.lock();
            let found = passed.iter().find(|(hash, _)| hash == base);
            found.map(|(_, signer)| *signer)
        })
    }
}

impl Judge for TurnJudge {
    fn judge(&self, envelope: &Envelope, signer: Address) -> Judgement {
        let base = envelope.base_hash();
        let block = match envelope {
            Envelope::Base(message) => {
                let judgement = self.base(&(self.windows)(), message, signer);
                if judgement == Judgement::Accept {
                    let mut passed = self.passed.lock();
                    if !passed.iter().any(|known| *known == (base, signer)) {
                        if passed.len() >= MAX_PASSED {
                            passed.pop_front();
                        }
                        passed.push_back((base, signer));
                    }
                }
                return judgement;
            }
            Envelope::Frag(frag) => frag.frag.blockNumber,
            Envelope::Seal(seal) => seal.seal.blockNumber,
        };
        match self.signer_of(&base) {
            Some(known) if known != signer => {
                Judgement::Ignore(Unusable::Other("another one signs under this base"))
            }
            Some(_) if block <= self.board.settled().safe => Judgement::Ignore(Unusable::Late),
            Some(_) => Judgement::Accept,
            None if known(&(self.windows)(), signer) => Judgement::Ignore(Unusable::Early),
            None => Judgement::Ignore(Unusable::UnknownSigner),
        }
    }
}
