use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::SolStruct;
use forebond_evidence::{
    Accused, Attested,
    blocks::{BlockContents, OpenedBatch},
    docket::Standing,
};
use forebond_protocol::{BlockClock, Signed, SlotClock, Turn, TurnClock, Window, blocks_tree};
use forebond_types::{Base, Batch, Domain, Frag, Seal};

use super::{
    Fate, FragStory, Plan, Signers, Twist, WindowPlan,
    blocks::{Promised, deposit, env, made_block, signed_frag, transfer},
};
use crate::court::{BatchOnL1, L1};

/// First slot of the first window.
const FIRST_SLOT: u64 = 17;
const GENESIS_S: u64 = 1_700_000_000;
const H: u64 = 1;

/// Blocks, and what is signed about them.
#[derive(Clone, Debug)]
pub(crate) struct TurnStory {
    pub(crate) window: Window,
    pub(crate) base: Attested<Base>,
    pub(crate) frags: Vec<FragStory>,
    pub(crate) seals: Vec<Attested<Seal>>,
    /// Blocks it made, also those that were lost.
    pub(crate) blocks: BTreeMap<u64, BlockContents>,
}

/// A history, told to the end.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) l1: L1,
    pub(crate) signers: BTreeMap<u32, Signers>,
    pub(crate) turns: Vec<TurnStory>,
    /// By number in the Inbox less one.
    pub(crate) opened: Vec<OpenedBatch>,
    /// Signed and never posted: gateway and batch.
    pub(crate) unposted: Vec<(u32, OpenedBatch)>,
}

/// Where the chain stands while it is told.
#[derive(Clone, Debug, Default)]
struct Head {
    /// Blocks of the chain.
    chain: BTreeMap<u64, BlockContents>,
    /// Struct hash of each block's last frag.
    last_frags: BTreeMap<u64, B256>,
    /// The end-of-window seal on the newest block.
    seal: B256,
    posted: u64,
    next_slot: u64,
}

impl Head {
    fn newest(&self) -> u64 {
        self.chain.keys().next_back().copied().unwrap_or_default()
    }

    fn hash(&self, number: u64) -> B256 {
        self.chain
            .get(&number)
            .map_or(B256::repeat_byte(9), |block| keccak256(&block.header))
    }
}

impl Scene {
    /// Tells a history. `twist` is signed into the first frag with two users' transactions; the flag says whether there was one.
    pub(crate) fn tell(plan: &Plan, twist: Option<Twist>) -> (Self, bool) {
        let clock = TurnClock {
            slots: SlotClock {
                genesis_s: GENESIS_S,
                seconds_per_slot: 2,
                slots_per_epoch: 8,
            },
            blocks: BlockClock::new(GENESIS_S + 2 * (FIRST_SLOT - H), 1).unwrap(),
            handover_slots: H,
        };
        let signers: BTreeMap<_, _> = [
            (1, Signers::new("gateway 1", 1, 1)),
            (2, Signers::new("gateway 2", 1, 1)),
            (3, Signers::new("gateway 3", 2, 3)),
        ]
        .into();
        let l1 = L1 {
            clock,
            domain: Domain {
                l1_chain_id: 3_151_908,
                inbox: Address::repeat_byte(0x1b),
            },
            slot: FIRST_SLOT,
            sets: signers
                .iter()
                .map(|(gateway, signers)| (*gateway, signers.set.clone()))
                .collect(),
            windows: vec![],
            missed: BTreeSet::new(),
            batches: vec![],
            verdicts: BTreeSet::new(),
            insured_wei: 1_000_000_000_000_000_000,
            operator: Signers::new("operator", 1, 1).address(),
            lent_to: 1,
            used_nonces: BTreeSet::new(),
        };
        let mut scene = Self {
            l1,
            signers,
            turns: vec![],
            opened: vec![],
            unposted: vec![],
        };
        let mut head = Head {
            next_slot: FIRST_SLOT,
            ..Head::default()
        };
        let mut twist = twist;
        for window in &plan.windows {
            scene.turn(&mut head, window, plan.ordering_rule, &mut twist);
        }
        // Everything is over, three epochs later.
        scene.l1.slot = head.next_slot + 24;
        (scene, twist.is_none())
    }

    /// Who is accused under a turn's base.
    pub(crate) fn accused(&self, turn: &TurnStory) -> Accused {
        let gateway = turn.window.gateway;
        Accused::new(
            self.l1.domain.inbox,
            gateway,
            self.signers[&gateway].set.clone(),
            turn.base.message.clone(),
        )
    }

    /// A batch over these blocks, signed by a gateway under a base.
    pub(crate) fn batch(
        &self,
        gateway: u32,
        base: &Base,
        first: u64,
        blocks: Vec<BlockContents>,
        parent_hash: B256,
        blob: &str,
    ) -> OpenedBatch {
        let hashes: Vec<_> = blocks
            .iter()
            .map(|block| keccak256(&block.header))
            .collect();
        let batch = Batch {
            base: base.eip712_hash_struct(),
            window: base.window,
            parentBatch: self
                .l1
                .batches
                .last()
                .map_or(B256::ZERO, |one| one.batch.struct_hash()),
            firstBlock: first,
            lastBlock: first + hashes.len() as u64 - 1,
            parentBlockHash: parent_hash,
            lastBlockHash: *hashes.last().unwrap(),
            blocksRoot: blocks_tree(first, &hashes).unwrap().root(),
            lastFrag: B256::ZERO,
            lastOriginNumber: 7,
            lastOriginHash: B256::repeat_byte(7),
            blobHashes: vec![keccak256(blob)],
        };
        let signed = self.signers[&gateway].sign(&self.l1.domain, batch);
        OpenedBatch::open(signed, blocks).unwrap()
    }

    fn turn(&mut self, head: &mut Head, plan: &WindowPlan, rule: u8, twist: &mut Option<Twist>) {
        let window = Window {
            gateway: plan.gateway,
            first_slot: head.next_slot,
            last_slot: head.next_slot + plan.slots - 1,
        };
        self.l1.windows.push(window);
        head.next_slot += plan.slots;
        let before = head.clone();
        let parent = head.newest();
        let base = Base {
            window: window.last_slot,
            attempt: 0,
            parentBlock: parent,
            parentBlockHash: head.hash(parent),
            parentFrag: head.last_frags.get(&parent).copied().unwrap_or_default(),
            parentSeal: head.seal,
        };
        let mut story = self.signed_turn(head, window, base, plan, rule, twist);
        story.blocks = head
            .chain
            .range(parent + 1..)
            .map(|(n, b)| (*n, b.clone()))
            .collect();
        self.post(head, plan.fate, &story);
        if plan.fate == Fate::MissedAndLost {
            let next_slot = head.next_slot;
            *head = Head {
                next_slot,
                seal: B256::ZERO,
                ..before
            };
        }
        self.turns.push(story);
    }

    /// Makes and signs a turn's blocks: those that are missing before it with deposits alone, its own with users.
    fn signed_turn(
        &self,
        head: &mut Head,
        window: Window,
        base: Base,
        plan: &WindowPlan,
        rule: u8,
        twist: &mut Option<Twist>,
    ) -> TurnStory {
        let (signers, domain) = (&self.signers[&window.gateway], &self.l1.domain);
        let range = self.l1.clock.blocks_of(&window);
        let base_hash = base.eip712_hash_struct();
        let mut turn = Turn::open(base.clone(), self.l1.clock.blocks);
        let (mut frags, mut seals) = (vec![], vec![]);
        let (mut sequence, mut previous, mut coverage) = (0, base_hash, 0);
        for number in base.parentBlock + 1..=range.last {
            let timestamp = self.l1.clock.blocks.timestamp_s(number);
            let env = env(number);
            let mut groups = vec![vec![deposit(number)]];
            let mut index = 1;
            if range.contains(number) {
                for tips in &plan.frags {
                    let twisted = twist.filter(|_| tips.len() > 1);
                    groups.push(group(
                        tips,
                        rule,
                        twisted,
                        &mut index,
                        (window.last_slot, number),
                        plan.coverage_wei,
                    ));
                }
            }
            let (mut first, mut transactions, mut receipts) = (0, vec![], vec![]);
            for group in groups {
                coverage += group.iter().map(|one| one.leaf.coverage).sum::<u128>();
                let count = u32::try_from(group.len()).unwrap();
                let frag = Frag {
                    base: base_hash,
                    blockNumber: number,
                    sequence,
                    previousFrag: previous,
                    timestamp,
                    l1OriginNumber: 7 + number / 4,
                    l1OriginHash: keccak256((7 + number / 4).to_be_bytes()),
                    issuedAtMs: timestamp * 1_000,
                    firstTransaction: first,
                    transactionCount: count,
                    promisesRoot: B256::ZERO,
                    gasUsed: 21_000 * u64::from(first + count),
                    windowCoverage: coverage,
                    orderingRule: rule,
                    blockEnv: env.eip712_hash_struct(),
                };
                let now = (first > 0 && count > 1).then(|| twist.take()).flatten();
                let story = signed_frag(signers, domain, frag, &env, &group, now);
                previous = turn.admit_frag(&story.frag.message).unwrap();
                frags.push(story);
                first += count;
                sequence += 1;
                transactions.extend(group.iter().map(|one| one.transaction.clone()));
                receipts.extend(group.into_iter().map(|one| one.receipt));
            }
            let block = made_block(
                number,
                timestamp,
                head.hash(number - 1),
                transactions,
                receipts,
                0,
            );
            let seal = Seal {
                base: base_hash,
                blockNumber: number,
                blockHash: keccak256(&block.header),
                lastSequence: sequence - 1,
                lastFrag: previous,
                endOfWindow: number == range.last,
            };
            turn.admit_seal(&seal).unwrap();
            head.seal = if seal.endOfWindow {
                seal.eip712_hash_struct()
            } else {
                B256::ZERO
            };
            head.last_frags.insert(number, previous);
            head.chain.insert(number, block);
            seals.push(signers.sign(domain, seal));
        }
        TurnStory {
            window,
            base: signers.sign(domain, base),
            frags,
            seals,
            blocks: BTreeMap::new(),
        }
    }

    fn post(&mut self, head: &mut Head, fate: Fate, story: &TurnStory) {
        let window = story.window;
        match fate {
            Fate::MissedAndCovered | Fate::MissedAndLost => {
                self.l1.missed.insert(window.last_slot);
            }
            Fate::LateAndCovered | Fate::Silent => {}
            Fate::Posted => self.post_up_to(head, story, head.newest()),
            Fate::Split => {
                let middle = head.posted + (head.newest() - head.posted).div_ceil(2);
                self.post_up_to(head, story, middle);
                if head.posted < head.newest() {
                    self.post_up_to(head, story, head.newest());
                }
            }
            Fate::Rebatched => {
                let blocks = range(&head.chain, head.posted + 1, head.newest());
                let first = self.batch(
                    window.gateway,
                    &story.base.message,
                    head.posted + 1,
                    blocks,
                    head.hash(head.posted),
                    "too cheap",
                );
                self.unposted.push((window.gateway, first));
                self.post_up_to(head, story, head.newest());
            }
        }
    }

    fn post_up_to(&mut self, head: &mut Head, story: &TurnStory, last: u64) {
        let (window, first) = (story.window, head.posted + 1);
        let blocks = range(&head.chain, first, last);
        let parent = head.hash(first - 1);
        let opened = self.batch(
            window.gateway,
            &story.base.message,
            first,
            blocks,
            parent,
            "blob",
        );
        self.l1.batches.push(BatchOnL1 {
            gateway: window.gateway,
            batch: opened.batch().clone(),
            posted_slot: window.last_slot,
            standing: Standing::Confirmed,
        });
        self.opened.push(opened);
        head.posted = last;
    }

    /// Everything that was signed in a turn, the base first.
    pub(crate) fn messages(turn: &TurnStory) -> Vec<(Signed, Bytes)> {
        let base = Signed::Base(turn.base.message.clone());
        let frags = turn.frags.iter().map(|one| {
            (
                Signed::Frag(one.frag.message.clone()),
                one.frag.signature.clone(),
            )
        });
        let seals = turn
            .seals
            .iter()
            .map(|one| (Signed::Seal(one.message.clone()), one.signature.clone()));
        std::iter::once((base, turn.base.signature.clone()))
            .chain(frags)
            .chain(seals)
            .collect()
    }
}

/// The transactions of a frag, in the order its rule wants, or against it.
fn group(
    tips: &[u32],
    rule: u8,
    twist: Option<Twist>,
    index: &mut u64,
    (window, number): (u64, u64),
    coverage_wei: u128,
) -> Vec<Promised> {
    let mut tips = tips.to_vec();
    if rule == 1 {
        tips.sort_unstable_by(|a, b| b.cmp(a));
    }
    if twist == Some(Twist::TipsRise) {
        tips[1] = tips[0] + 1;
    }
    let mut senders: Vec<_> = (*index..)
        .take(tips.len())
        .map(|index| {
            let salt = [
                window.to_be_bytes(),
                number.to_be_bytes(),
                index.to_be_bytes(),
            ]
            .concat();
            Address::from_slice(&keccak256(salt)[12..])
        })
        .collect();
    if twist == Some(Twist::SenderTwice) {
        senders[1] = senders[0];
    }
    let group: Vec<_> = tips
        .into_iter()
        .zip(senders)
        .zip(*index..)
        .map(|((tip, sender), index)| {
            transfer(
                index,
                tip,
                sender,
                coverage_wei,
                window * 10_000 + number * 100 + index,
            )
        })
        .collect();
    *index += group.len() as u64;
    group
}

fn range(chain: &BTreeMap<u64, BlockContents>, first: u64, last: u64) -> Vec<BlockContents> {
    chain
        .range(first..=last)
        .map(|(_, block)| block.clone())
        .collect()
}
