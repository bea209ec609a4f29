//! Processes with gossip: a gateway that publishes, nodes that follow.

use super::{
    super::{
        evidence::EvidenceFile,
        history::ChainHistory,
        judge::TurnJudge,
        links::Links,
        publishing::{Publisher, publish},
    },
    world::{DOMAIN, GENESIS_S, ledger_in},
};
use crate::core::{Follower, Heard, Want};
use alloy_primitives::{Address, B256};
use forebond_net::{Events, Incoming, Net, NetConfig, RangeRequest, Source};
use forebond_protocol::{BlockClock, SlotClock, TurnClock, Window};
use forebond_rollup::op::{Genesis, derive::DeriveRules};
use forebond_settlement::{
    CommitterSet, ContractAddresses, Facts, GatewayEpoch, GatewayInfo, L1Facts, L1Start,
    OriginBook, OriginRule, WindowBook,
};
use forebond_types::{Envelope, Signature};
use std::{sync::Arc, time::Duration};

/// The window of the gateway: slots 1 to 100, two seconds each, which are blocks 2 - H·2 and on.
pub(super) const WINDOW: u64 = 100;
pub(super) const GATEWAY: u32 = 1;
const DEADLINE: Duration = Duration::from_secs(30);
/// In the middle of the turn.
pub(super) const NOW_MS: u64 = (GENESIS_S + 20) * 1_000;

pub(super) fn turns() -> TurnClock {
    TurnClock {
        slots: SlotClock {
            genesis_s: GENESIS_S,
            seconds_per_slot: 2,
            slots_per_epoch: 8,
        },
        blocks: BlockClock::new(GENESIS_S, 1).unwrap(),
        handover_slots: 1,
    }
}

/// Who signs in the tests' turns.
pub(super) fn committer() -> Address {
    let key = secp256k1::SecretKey::from_slice(&[7; 32]).unwrap();
    Signature::sign(B256::ZERO, &key)
        .recover(B256::ZERO)
        .unwrap()
}

pub(super) fn book() -> WindowBook {
    let mut book = WindowBook {
        slots_per_epoch: 8,
        ..WindowBook::default()
    };
    book.schedule.insert(Window {
        gateway: GATEWAY,
        first_slot: 1,
        last_slot: WINDOW,
    });
    let epoch = GatewayEpoch {
        committers: Some(CommitterSet {
            threshold: 1,
            members: vec![committer()],
        }),
        eligible: true,
    };
    let gateway = GatewayInfo {
        epochs: [(WINDOW / 8, epoch)].into(),
        ..GatewayInfo::default()
    };
    book.gateways.insert(GATEWAY, gateway);
    book
}

fn facts(genesis_hash: B256) -> Facts {
    let nowhere = Address::ZERO;
    Facts {
        turns: turns(),
        domain: DOMAIN,
        separator: DOMAIN.separator(),
        l1: L1Facts {
            chain_id: DOMAIN.l1_chain_id,
            start: L1Start {
                number: 0,
                hash: B256::ZERO,
            },
            blob_fee_steps: Vec::new(),
        },
        contracts: ContractAddresses {
            inbox: DOMAIN.inbox,
            portal: nowhere,
            lookahead: nowhere,
            gateway_registry: nowhere,
            bond_vault: nowhere,
            parameters: nowhere,
            validator_registry: nowhere,
            beacon_verifiers: nowhere,
            slasher: None,
            attester_resolver: None,
            rewards_messenger: None,
        },
        genesis_hash,
        fallback_gateway: 0,
        lookahead_depth: 1,
        ordering_rule: 0,
        first_epoch: 0,
        claim_window_s: 0,
        sequencing_window_slots: 20,
        origins: OriginRule {
            depth: 2,
            most_lag: 100,
        },
    }
}

/// A process.
pub(super) struct Party {
    pub(super) follower: Follower,
    pub(super) net: Net,
    events: Events,
    _dir: tempfile::TempDir,
    publishing: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Party {
    fn drop(&mut self) {
        if let Some(publishing) = &self.publishing {
            publishing.abort();
        }
    }
}

impl Party {
    pub(super) async fn gateway() -> Self {
        Self::start(&[], Some(committer())).await
    }

    pub(super) async fn node(bootnodes: &[&Self]) -> Self {
        Self::start(bootnodes, None).await
    }

    async fn start(bootnodes: &[&Self], publish_as: Option<Address>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger_in(dir.path());
        let facts = Arc::new(facts(ledger.genesis().hash));
        let rules = DeriveRules {
            chain: Genesis::dev(GENESIS_S, 1).config,
            max_origin_lag: facts.origins.most_lag,
        };
        let follower = Follower::new(facts, rules, ledger, OriginBook::new(8), None);
        let config = NetConfig {
            bootnodes: bootnodes
                .iter()
                .flat_map(|party| party.net.listen_addrs())
                .collect(),
            ..NetConfig::new(follower.reader().config.chain_id, DOMAIN.separator())
        };
        let windows = Arc::new(book());
        let judge = TurnJudge::new(
            move || windows.clone(),
            turns(),
            follower.standing().clone(),
            follower.reader().board.clone(),
            || NOW_MS,
        );
        let history = history_of(&follower);
        let (net, events) = Net::start(config, Arc::new(judge), Arc::new(history))
            .await
            .unwrap();
        let links = Arc::new(Links::new(
            EvidenceFile::open(dir.path(), DOMAIN).unwrap(),
            None,
        ));
        let _ = links.gossip.set(net.clone());
        let publishing = publish_as.map(|me| {
            let publisher = Publisher::new(me, follower.standing().clone());
            let board = &follower.reader().board;
            tokio::spawn(publish(board.subscribe(), publisher, links))
        });
        Self {
            follower,
            net,
            events,
            _dir: dir,
            publishing,
        }
    }

    pub(super) fn history(&self) -> ChainHistory {
        history_of(&self.follower)
    }

    pub(super) fn latest(&self) -> B256 {
        self.follower.ledger().unwrap().latest().hash
    }

    pub(super) fn hear(&mut self, heard: Heard) {
        self.follower.heard(heard, &book()).unwrap();
    }

    /// Takes messages in as if it had made them: a gateway's board shows them then.
    pub(super) fn say(&mut self, envelopes: Vec<Envelope>) {
        for envelope in envelopes {
            self.hear(Heard {
                envelope,
                signer: committer(),
                from: Source::Stream("here".into()),
            });
        }
    }

    pub(super) async fn connected(&mut self) {
        let connecting =
            async { while !matches!(self.events.recv().await, Some(Incoming::PeerUp { .. })) {} };
        tokio::time::timeout(DEADLINE, connecting).await.unwrap();
    }

    /// Hears what gossip brings, and asks for what the follower wants, until this block is the newest.
    pub(super) async fn follows_to(&mut self, hash: B256) {
        let following = async {
            let mut now_ms = NOW_MS;
            let mut look = tokio::time::interval(Duration::from_millis(50));
            while self.latest() != hash {
                tokio::select! {
                    event = self.events.recv() => if let Some(Incoming::Message { envelope, signer, from }) = event {
                        self.hear(Heard { envelope, signer, from });
                    },
                    _ = look.tick() => {
                        now_ms += 200;
                        self.follower.look_for_markers(&book(), now_ms);
                        self.follower.ask_again();
                        self.fetch().await;
                    }
                }
            }
        };
        let done = tokio::time::timeout(DEADLINE, following).await;
        assert!(done.is_ok(), "{:?}", self.net.counters());
    }

    async fn fetch(&mut self) {
        for want in self.follower.take_wants() {
            let request = match want {
                Want::Range { from_block } => RangeRequest::Envelopes {
                    from_block,
                    max_blocks: 16,
                },
                Want::Base { window } => RangeRequest::Base { window },
                Want::EndSeal { window } => RangeRequest::EndSeal { window },
                Want::Blobs(_) => continue,
            };
            let Ok(answer) = self.net.request_range(request).await else {
                continue;
            };
            for received in answer.messages {
                self.hear(Heard {
                    envelope: received.envelope,
                    signer: received.signer,
                    from: answer.from.clone(),
                });
            }
        }
    }
}

fn history_of(follower: &Follower) -> ChainHistory {
    ChainHistory {
        reader: follower.reader().clone(),
        standing: follower.standing().clone(),
        last_block: Box::new(|window| {
            let window = book().schedule.window(window)?;
            Some(turns().blocks_of(&window).last)
        }),
    }
}
