//! A turn takes exactly what an honest gateway signs, and nothing that could be half of a fork.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod history;

use alloy_primitives::B256;
use forebond_protocol::{Fork, Signed, Turn, fork};
use forebond_types::{Base, Frag, Seal};
use history::{admit, base, clock, honest, plans, struct_hash};
use proptest::prelude::*;

/// Changes one field of a frag; `by` is at least 1.
type FragMutation = (&'static str, fn(&mut Frag, u64));
type SealMutation = (&'static str, fn(&mut Seal, u64));

fn flip(hash: &mut B256, by: u64) {
    *hash = B256::from(
        hash.0
            .map(|byte| byte.wrapping_add(u8::try_from(by % 255).unwrap() + 1)),
    );
}

fn small(by: u64) -> u32 {
    u32::try_from(by).unwrap()
}

const FRAG_MUTATIONS: &[FragMutation] = &[
    ("base", |f, by| flip(&mut f.base, by)),
    ("blockNumber", |f, by| {
        f.blockNumber = f.blockNumber.wrapping_add(by)
    }),
    ("blockNumber", |f, by| {
        f.blockNumber = f.blockNumber.wrapping_sub(by)
    }),
    ("sequence", |f, by| {
        f.sequence = f.sequence.wrapping_add(small(by))
    }),
    ("sequence", |f, by| {
        f.sequence = f.sequence.wrapping_sub(small(by))
    }),
    ("previousFrag", |f, by| flip(&mut f.previousFrag, by)),
    ("timestamp", |f, by| {
        f.timestamp = f.timestamp.wrapping_add(by)
    }),
    ("timestamp", |f, by| f.timestamp -= by),
    ("l1OriginNumber", |f, by| f.l1OriginNumber += by),
    ("l1OriginNumber", |f, by| f.l1OriginNumber -= by),
    ("l1OriginHash", |f, by| flip(&mut f.l1OriginHash, by)),
    ("issuedAtMs", |f, by| f.issuedAtMs += by),
    ("issuedAtMs", |f, by| f.issuedAtMs -= by),
    ("firstTransaction", |f, by| f.firstTransaction += small(by)),
    ("firstTransaction", |f, by| {
        f.firstTransaction = f.firstTransaction.wrapping_sub(small(by))
    }),
    ("transactionCount", |f, by| f.transactionCount += small(by)),
    ("transactionCount", |f, _| f.transactionCount = 0),
    ("promisesRoot", |f, by| flip(&mut f.promisesRoot, by)),
    ("gasUsed", |f, by| f.gasUsed += by),
    ("gasUsed", |f, by| f.gasUsed = f.gasUsed.wrapping_sub(by)),
    ("windowCoverage", |f, by| f.windowCoverage += u128::from(by)),
    ("windowCoverage", |f, by| {
        f.windowCoverage = f.windowCoverage.wrapping_sub(by.into())
    }),
    ("orderingRule", |f, by| {
        f.orderingRule ^= u8::try_from(by % 255).unwrap() + 1
    }),
    ("blockEnv", |f, by| flip(&mut f.blockEnv, by)),
];

const SEAL_MUTATIONS: &[SealMutation] = &[
    ("base", |s, by| flip(&mut s.base, by)),
    ("blockNumber", |s, by| {
        s.blockNumber = s.blockNumber.wrapping_add(by)
    }),
    ("blockNumber", |s, by| {
        s.blockNumber = s.blockNumber.wrapping_sub(by)
    }),
    ("blockHash", |s, by| flip(&mut s.blockHash, by)),
    ("lastSequence", |s, by| {
        s.lastSequence = s.lastSequence.wrapping_add(small(by))
    }),
    ("lastFrag", |s, by| flip(&mut s.lastFrag, by)),
    ("endOfWindow", |s, _| s.endOfWindow = !s.endOfWindow),
];

/// Every other message that differs in one field, and the contradiction it must be judged as.
fn mutations(message: &Signed, by: u64) -> Vec<(&'static str, Signed, Option<Fork>)> {
    match message {
        Signed::Frag(frag) => {
            let mutate = |(field, change): &FragMutation| {
                let mut other = frag.clone();
                change(&mut other, by);
                let kind = match *field {
                    "base" => None,
                    "sequence" => Some(Fork::SamePredecessor),
                    _ => Some(Fork::SameSequence),
                };
                (*field, Signed::Frag(other), kind)
            };
            FRAG_MUTATIONS.iter().map(mutate).collect()
        }
        Signed::Seal(seal) => {
            let mutate = |(field, change): &SealMutation| {
                let mut other = seal.clone();
                change(&mut other, by);
                let kind = match *field {
                    "base" => None,
                    "blockNumber" => Some(Fork::OutOfOrder),
                    _ => Some(Fork::TwoSeals),
                };
                (*field, Signed::Seal(other), kind)
            };
            SEAL_MUTATIONS.iter().map(mutate).collect()
        }
        Signed::Base(_) => vec![],
    }
}

/// Fields that the turn cannot know beforehand, at least for some place in a block.
const FREE: &[&str] = &[
    "l1OriginNumber",
    "l1OriginHash",
    "issuedAtMs",
    "transactionCount",
    "promisesRoot",
    "gasUsed",
    "windowCoverage",
    "orderingRule",
    "blockEnv",
    "blockHash",
    "endOfWindow",
];

proptest! {
    #[test]
    fn an_honest_turn_is_taken_whole_and_no_two_of_its_messages_are_a_fork(plan in plans()) {
        let base = base(64, plan.parent_block);
        let history = honest(&base, &plan);
        let mut turn = Turn::open(base.clone(), clock());
        for message in &history {
            prop_assert_eq!(admit(&mut turn, message), Ok(struct_hash(message)));
        }
        let all: Vec<_> = [Signed::Base(base)].into_iter().chain(history).collect();
        for (a, first) in all.iter().enumerate() {
            for second in &all[a..] {
                prop_assert_eq!(fork(first, second), None, "{:?} against {:?}", first, second);
                prop_assert_eq!(fork(second, first), None);
            }
        }
    }

    /// R2: blocks lost to the network are sequenced again, differently, in a later window.
    #[test]
    fn honest_re_sequencing_under_another_base_is_no_fork(first in plans(), again in plans()) {
        let (one, other) = (base(64, first.parent_block), base(66, first.parent_block));
        let before: Vec<_> =
            [Signed::Base(one.clone())].into_iter().chain(honest(&one, &first)).collect();
        let after: Vec<_> =
            [Signed::Base(other.clone())].into_iter().chain(honest(&other, &again)).collect();
        for a in &before {
            for b in &after {
                prop_assert_eq!(fork(a, b), None);
            }
        }
    }

    #[test]
    fn a_message_changed_in_one_field_is_refused_or_is_a_fork_with_the_original(
        plan in plans(),
        at in any::<prop::sample::Index>(),
        by in 1u64..100,
    ) {
        let base = base(64, plan.parent_block);
        let history = honest(&base, &plan);
        let at = at.index(history.len());
        let mut turn = Turn::open(base, clock());
        for message in &history[..at] {
            admit(&mut turn, message).unwrap();
        }
        let original = &history[at];
        for (field, other, kind) in mutations(original, by) {
            prop_assert_eq!(fork(original, &other), kind, "{} of {:?}", field, original);
            prop_assert_eq!(fork(&other, original), kind, "{} of {:?}", field, original);
            let taken = admit(&mut turn.clone(), &other).is_ok();
            prop_assert!(!taken || FREE.contains(&field), "{} was taken in {:?}", field, other);
            prop_assert!(!taken || kind.is_some(), "{field} taken although nobody could judge it");
            // Once the original is taken, nothing else fits its place any more.
            let mut later = turn.clone();
            admit(&mut later, original).unwrap();
            prop_assert!(admit(&mut later, &other).is_err(), "{} fits a second time", field);
        }
    }

    /// Whatever order messages come in: those that are taken are no fork among themselves.
    #[test]
    fn what_a_turn_takes_from_a_liars_mixture_is_no_fork(
        plan in plans(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, 1u64..4), 1..60),
    ) {
        let base = base(64, plan.parent_block);
        let history = honest(&base, &plan);
        let mut turn = Turn::open(base, clock());
        let mut taken: Vec<Signed> = vec![];
        let mut next = 0;
        for (pick, mutation, by) in picks {
            let near = (next + pick.index(3)).min(history.len() - 1);
            let changed = mutations(&history[near], by);
            let offer = changed.get(mutation).map_or(history[near].clone(), |(_, m, _)| m.clone());
            if admit(&mut turn, &offer).is_ok() {
                next += 1;
                for earlier in &taken {
                    prop_assert_eq!(fork(earlier, &offer), None, "{:?} and {:?}", earlier, &offer);
                }
                taken.push(offer);
            }
        }
    }

    #[test]
    fn a_frag_that_is_left_out_stops_the_turn(plan in plans(), at in any::<prop::sample::Index>()) {
        let base = base(64, plan.parent_block);
        let mut history = honest(&base, &plan);
        let is_frag = |place: &usize| matches!(history[*place], Signed::Frag(_));
        let frags: Vec<_> = (0..history.len()).filter(is_frag).collect();
        history.remove(*at.get(&frags));
        let mut turn = Turn::open(base, clock());
        prop_assert!(history.iter().any(|message| admit(&mut turn, message).is_err()));
    }

    /// A restart resumes behind the newest sealed block and takes the rest of the turn.
    #[test]
    fn a_resumed_turn_goes_on_as_if_it_had_never_stopped(plan in plans()) {
        let mut plan = plan;
        plan.ends = false;
        let base: Base = base(64, plan.parent_block);
        let mut history = honest(&base, &plan);
        plan.blocks.truncate(1);
        // The first block alone, then everything behind it except its seal.
        let first = honest(&base, &plan);
        let frags = first.len() - 1;
        let Signed::Frag(last) = &history[frags - 1] else { panic!("a block begins with frags") };
        let mut turn = Turn::resume(base, clock(), last);
        let sealed = last.blockNumber;
        history.drain(..frags);
        for message in &history {
            if !matches!(message, Signed::Seal(seal) if seal.blockNumber == sealed) {
                prop_assert_eq!(admit(&mut turn, message), Ok(struct_hash(message)));
            }
        }
    }
}
