//! Any mix of frags, seals, turns, derived blocks and going back ends where a ledger ends that derives the final chain.

use crate::world::{Follower, Producer, TurnWriter, deriving, hashes, state_of};
use forebond_exec::BaseState;
use forebond_types::Envelope;
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Step {
    /// A block is written in frags of this size; so many of its frags come at once.
    Block {
        users: usize,
        size: usize,
        at_once: usize,
    },
    /// So many of the messages that are due arrive: frags first, then seals.
    Deliver(usize),
    /// The next seal arrives, if its block is all here.
    Seal,
    /// Another gateway's turn.
    Turn { with_seal: bool },
    /// The chain goes back by so many blocks.
    Back(u64),
    /// A block from L1.
    Derive(usize),
    /// The process stops and starts.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0usize..6, 1usize..4, 0usize..5)
            .prop_map(|(users, size, at_once)| Step::Block { users, size, at_once }),
        4 => (1usize..6).prop_map(Step::Deliver),
        4 => Just(Step::Seal),
        2 => any::<bool>().prop_map(|with_seal| Step::Turn { with_seal }),
        2 => (0u64..5).prop_map(Step::Back),
        2 => (0usize..4).prop_map(Step::Derive),
        1 => Just(Step::Restart),
    ]
}

struct Run {
    producer: Producer,
    follower: Follower,
    turn: Option<TurnWriter>,
    windows: u64,
    frags: VecDeque<Envelope>,
    /// Seals with the number of their block.
    seals: VecDeque<(u64, Envelope)>,
    last_frag: Option<Envelope>,
}

impl Run {
    fn new() -> Self {
        Self {
            producer: Producer::new(),
            follower: Follower::new(),
            turn: None,
            windows: 0,
            frags: VecDeque::new(),
            seals: VecDeque::new(),
            last_frag: None,
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Block {
                users,
                size,
                at_once,
            } => self.block(*users, *size, *at_once),
            Step::Deliver(count) => self.deliver(*count),
            Step::Seal => self.seal(),
            Step::Turn { with_seal } => self.next_turn(*with_seal),
            Step::Back(depth) => self.back(*depth),
            Step::Derive(users) => self.derive(*users),
            Step::Restart => self.restart(),
        }
    }

    fn block(&mut self, users: usize, size: usize, at_once: usize) {
        if self.turn.is_none() {
            self.next_turn(false);
        }
        let block = self.producer.block(users);
        let turn = self.turn.as_mut().unwrap();
        let frags = turn.frags(&block, &vec![size; users]);
        self.last_frag = frags.last().cloned();
        let seal = turn.seal(&block, frags.last().unwrap(), false);
        self.seals.push_back((block.number(), Envelope::Seal(seal)));
        self.frags.extend(frags);
        self.deliver(at_once);
    }

    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            let Some(frag) = self.frags.pop_front() else {
                return;
            };
            self.follower.hear(&frag).unwrap();
        }
    }

    fn seal(&mut self) {
        let Some((number, seal)) = self.seals.front() else {
            return;
        };
        // A seal of a block that is not complete here is refused and comes again later.
        let due = self.frags.front().is_none_or(
            |frag| matches!(frag, Envelope::Frag(frag) if frag.frag.blockNumber > *number),
        );
        assert_eq!(self.follower.hear(seal).is_ok(), due);
        if due {
            self.seals.pop_front();
        }
    }

    fn all_frags(&mut self) {
        self.deliver(usize::MAX);
    }

    fn next_turn(&mut self, with_seal: bool) {
        self.all_frags();
        self.windows += 1;
        let mut turn = self.producer.turn(self.windows);
        if let (Some(Envelope::Frag(last)), Some((_, Envelope::Seal(seal)))) =
            (&self.last_frag, self.seals.back())
        {
            turn = turn.on(&last.frag, with_seal.then_some(seal));
        }
        self.follower.hear(&turn.base_envelope()).unwrap();
        self.seals.clear();
        self.turn = Some(turn);
        assert_eq!(
            self.follower.latest().hash,
            self.producer.ledger.latest().hash
        );
    }

    fn forget_turn(&mut self) {
        self.turn = None;
        self.last_frag = None;
        self.frags.clear();
        self.seals.clear();
    }

    fn back(&mut self, depth: u64) {
        self.all_frags();
        let to = self.producer.ledger.latest().number().saturating_sub(depth);
        self.producer.rewind(to);
        self.follower.rewind(to).unwrap();
        self.forget_turn();
        assert_eq!(
            self.follower.latest().hash,
            self.producer.ledger.latest().hash
        );
    }

    fn derive(&mut self, users: usize) {
        self.all_frags();
        self.follower.settle_all().unwrap();
        self.producer.block(users);
        self.producer
            .plans
            .last()
            .unwrap()
            .derive(&mut self.follower)
            .unwrap();
        self.forget_turn();
    }

    fn restart(&mut self) {
        // What is not sealed is not kept: the chain goes on from what is.
        let sealed = self.follower.latest().number();
        self.producer.rewind(sealed);
        self.follower.restart();
        self.forget_turn();
        assert_eq!(
            self.follower.latest().hash,
            self.producer.ledger.latest().hash
        );
    }

    /// Everything that may be read agrees with a ledger that derives the chain.
    fn compare(mut self) {
        self.all_frags();
        let (_dir, mut fresh) = deriving(&self.producer.plans);
        fresh.sync().unwrap();
        let all = hashes(&fresh);
        let watched = &self.producer.watched;
        let view = self.follower.board().view();
        let sealed = self.follower.latest().number();
        assert_eq!(hashes(&self.follower)[..], all[..=sealed as usize]);
        assert_eq!(view.pending_number(), fresh.latest().number());
        let theirs = fresh.board().view();
        assert_eq!(
            state_of(view.pending_state.as_ref(), watched),
            state_of(theirs.latest_state.as_ref(), watched),
        );
        for address in watched {
            let ours = view.latest_state.account(*address).unwrap();
            assert_eq!(ours, theirs.stored.account_at(*address, sealed).unwrap());
        }
        self.compare_promises(&fresh);
        self.follower.settle_all().unwrap();
        assert_eq!(hashes(&self.follower), all);
    }

    fn compare_promises(&self, fresh: &forebond_ledger::Ledger) {
        let reader = self.follower.reader();
        let view = self.follower.board().view();
        for block in &view.unsealed {
            for frag in &block.frags {
                for tx in &frag.transactions {
                    let promise = self.follower.board().promise(&tx.leaf.tx_hash).unwrap();
                    assert!(std::sync::Arc::ptr_eq(&promise.frag, frag));
                }
            }
        }
        for number in 1..=fresh.latest().number() {
            let ours = reader.sealed(number).unwrap();
            let derived = ours.is_some_and(|block| block.frags().is_empty());
            for tx in fresh.block(number).unwrap().unwrap().transactions() {
                let promise = reader.find_promise(tx.leaf.tx_hash).unwrap();
                assert_eq!(promise.is_none(), derived);
                let Some(promise) = promise else { continue };
                let promised = &promise.frag.transactions[promise.place];
                assert_eq!(promise.frag.frag.blockNumber, number);
                assert_eq!(promised.leaf.index, tx.leaf.index);
                assert_eq!(promised.receipt_bytes, tx.receipt_bytes);
                assert_eq!(promised.writes, tx.writes);
            }
        }
    }
}

/// As many as `PROPTEST_CASES` says; a few otherwise, since each opens two databases.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_where_the_derivation_of_its_chain_ends(steps in prop::collection::vec(step(), 1..30)) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        run.compare();
    }
}
