//! Nobody honest is accused.

use alloy_primitives::B256;
use forebond_protocol::Signed;
use forebond_types::Base;
use proptest::prelude::*;

use crate::world::{Scene, Watching, plans};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Several windows and hand-overs, covers by successors, re-batching after fee bumps, re-sequencing in later windows.
    #[test]
    fn an_honest_history_accuses_nobody(plan in plans(), seed: u64) {
        let (scene, _) = Scene::tell(&plan, None);
        let found = Watching::everything(seed).watch(&scene);
        prop_assert!(found.is_empty(), "{:?}", crate::kinds(&found));
    }

    /// R5: attempt 1 beside attempt 0 can be honest.
    #[test]
    fn a_second_attempt_is_no_fork_by_itself(plan in plans(), seed: u64, at: prop::sample::Index) {
        let (scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let again = Base {
            attempt: 1,
            parentBlockHash: B256::repeat_byte(0x77),
            ..scene.turns[turn].base.message.clone()
        };
        let gateway = scene.turns[turn].window.gateway;
        let signed = scene.signers[&gateway].sign(&scene.l1.domain, again);
        let watching = Watching {
            more: vec![(turn, Signed::Base(signed.message), signed.signature)],
            ..Watching::everything(seed)
        };
        prop_assert!(watching.watch(&scene).is_empty());
    }
}
