//! A desk without L1: what is heard, kept and known again.

use std::{path::Path, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolStruct;
use forebond_evidence::{
    Attested, Promise,
    docket::{Book, Limits},
};
use forebond_protocol::{PromisesTree, Signed, SlotClock};
use forebond_types::{Base, BlockEnv, CommitterSet, Domain, Frag, Leaf};

use super::{Desk, DeskError, DeskParts, Ear, Journal, KnownSet, NotHeard};
use crate::{figures::Figures, prosecution::WantedAnew, store::CaseStore};

const CLOCK: SlotClock = SlotClock {
    genesis_s: 0,
    seconds_per_slot: 2,
    slots_per_epoch: 8,
};
const DOMAIN: Domain = Domain {
    l1_chain_id: 1,
    inbox: Address::repeat_byte(0x1b),
};
const SLOT: u64 = 40;

fn key(byte: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[byte; 32]).unwrap()
}

fn desk_of(dir: &Path, journal_bytes: u64) -> Desk {
    let desk = Desk::new(DeskParts {
        ear: Ear::new(Book::new(DOMAIN, CLOCK, 2_000, Limits::default())),
        journal: Journal::open(dir, journal_bytes).unwrap(),
        cases: Arc::new(CaseStore::open(dir, 100).unwrap()),
        anew: WantedAnew::default(),
        figures: Figures::new(&prometheus::Registry::new()).unwrap(),
        domain: DOMAIN,
        clock: CLOCK,
        horizon_slots: 2_000,
    });
    let set = |gateway: u8| KnownSet {
        gateway: u32::from(gateway),
        from_epoch: 0,
        set: CommitterSet {
            threshold: 1,
            members: vec![key(gateway).address()],
        },
    };
    desk.note_sets(vec![set(1), set(2)]);
    desk
}

fn base(window: u64) -> Base {
    Base {
        window,
        attempt: 0,
        parentBlock: 7,
        parentBlockHash: keccak256("block 7"),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

fn env() -> BlockEnv {
    BlockEnv {
        coinbase: Address::ZERO,
        gasLimit: 30_000_000,
        baseFee: 1,
        prevRandao: B256::ZERO,
        parentBeaconRoot: B256::ZERO,
        extraDataHash: B256::ZERO,
    }
}

fn frag(base: &Base, sequence: u32, promises_root: B256) -> Frag {
    Frag {
        base: base.eip712_hash_struct(),
        blockNumber: 8,
        sequence,
        previousFrag: if sequence == 0 {
            base.eip712_hash_struct()
        } else {
            keccak256(sequence.to_be_bytes())
        },
        timestamp: 0,
        l1OriginNumber: 1,
        l1OriginHash: B256::ZERO,
        issuedAtMs: 1,
        firstTransaction: sequence,
        transactionCount: 1,
        promisesRoot: promises_root,
        gasUsed: 21_000,
        windowCoverage: 0,
        orderingRule: 0,
        blockEnv: env().eip712_hash_struct(),
    }
}

fn sign<M: SolStruct>(gateway: u8, message: &M) -> Bytes {
    let digest = DOMAIN.digest(message);
    let signature = key(gateway).sign_hash_sync(&digest).unwrap();
    signature.as_bytes().to_vec().into()
}

fn hear_base(desk: &Desk, gateway: u8, base: &Base) -> Result<super::Taken, DeskError> {
    desk.hear(SLOT, Signed::Base(base.clone()), sign(gateway, base))
}

fn hear_frag(desk: &Desk, gateway: u8, frag: &Frag) -> Result<super::Taken, DeskError> {
    desk.hear(SLOT, Signed::Frag(frag.clone()), sign(gateway, frag))
}

fn promise(gateway: u8, base: &Base) -> (Promise, Bytes) {
    let leaf = Leaf {
        index: 0,
        tx_hash: keccak256("transaction"),
        sender: Address::repeat_byte(1),
        receipt_hash: keccak256("receipt"),
        writes_hash: keccak256("writes"),
        coverage: 5,
    };
    let tree = PromisesTree::new(vec![leaf.hash()]).unwrap();
    let frag = frag(base, 0, tree.root());
    let promise = Promise {
        frag: Attested {
            signature: sign(gateway, &frag),
            message: frag,
        },
        env: env(),
        leaf,
        branch: vec![],
    };
    (promise, Bytes::from_static(b"transaction"))
}

#[test]
fn after_a_restart_a_message_still_contradicts_what_was_heard_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(41);
    {
        let desk = desk_of(dir.path(), 1 << 20);
        assert!(hear_base(&desk, 1, &base).unwrap().is_new);
        assert!(
            hear_frag(&desk, 1, &frag(&base, 0, B256::ZERO))
                .unwrap()
                .is_new
        );
        desk.sync().unwrap();
    }
    let desk = desk_of(dir.path(), 1 << 20);
    assert_eq!(desk.recall(SLOT).unwrap(), (2, 0));
    let taken = hear_frag(&desk, 1, &frag(&base, 0, keccak256("other"))).unwrap();
    assert_eq!(taken.cases.len(), 1);
    assert!(taken.is_new);
    let again = hear_frag(&desk, 1, &frag(&base, 0, keccak256("other"))).unwrap();
    assert_eq!((again.is_new, again.cases), (false, taken.cases));
}

#[test]
fn a_promise_is_heard_again_after_a_restart_and_told_to_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(41);
    {
        let desk = desk_of(dir.path(), 1 << 20);
        hear_base(&desk, 1, &base).unwrap();
        assert!(
            desk.hear_promises(SLOT, vec![promise(1, &base)])
                .unwrap()
                .is_new
        );
        assert!(
            !desk
                .hear_promises(SLOT, vec![promise(1, &base)])
                .unwrap()
                .is_new
        );
        assert_eq!(desk.take_stirred().into_iter().collect::<Vec<_>>(), [8]);
        desk.sync().unwrap();
    }
    let desk = desk_of(dir.path(), 1 << 20);
    desk.recall(SLOT).unwrap();
    let known = desk.dockets(|docket| Some(docket.promises().count()));
    assert_eq!(known, [1]);
}

#[test]
fn a_message_that_comes_before_its_base_is_heard_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_of(dir.path(), 1 << 20);
    let base = base(41);
    for root in [B256::ZERO, keccak256("other")] {
        assert!(!hear_frag(&desk, 1, &frag(&base, 0, root)).unwrap().is_new);
    }
    let taken = hear_base(&desk, 1, &base).unwrap();
    assert_eq!(taken.cases.len(), 1, "the two contradict each other");
}

/// Pitfall: evidence from users that is nonsense, ten thousand at once.
#[test]
fn ten_thousand_strangers_messages_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_of(dir.path(), 1 << 20);
    let base = base(41);
    hear_base(&desk, 1, &base).unwrap();
    let bytes = desk.dockets(|docket| Some(docket.bytes()));
    let stranger = sign(9, &frag(&base, 0, B256::ZERO));
    for number in 0u32..10_000 {
        let message = Signed::Frag(frag(&base, number, B256::ZERO));
        let refused = desk.hear_now(SLOT, message, stranger.clone());
        assert!(matches!(
            refused,
            Err(DeskError::NotHeard(NotHeard::Refused(_)))
        ));
    }
    assert_eq!(desk.dockets(|docket| Some(docket.bytes())), bytes);
    assert_eq!(desk.cases().count().unwrap(), 0);
    assert_eq!(desk.figures().heard.get(), 1);
}

/// Pitfall: a gateway signs so much that the watcher forgets what another one signed.
#[test]
fn whoever_fills_the_journal_pushes_out_its_own_oldest_window_and_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    {
        let desk = desk_of(dir.path(), 40_000);
        hear_base(&desk, 2, &base(41)).unwrap();
        for window in 30..47 {
            let base = base(window);
            hear_base(&desk, 1, &base).unwrap();
            for sequence in 0..4 {
                hear_frag(&desk, 1, &frag(&base, sequence, B256::ZERO)).unwrap();
            }
        }
        desk.sync().unwrap();
    }
    let mut owners = Vec::new();
    let journal = Journal::open(dir.path(), 40_000).unwrap();
    assert!(journal.bytes() <= 40_000);
    journal.replay(|row| owners.push(row.window())).unwrap();
    assert!(!owners.contains(&30) && owners.contains(&46));
    drop(journal);
    let desk = desk_of(dir.path(), 40_000);
    desk.recall(SLOT).unwrap();
    let second = Base {
        parentBlock: 9,
        ..base(41)
    };
    let taken = hear_base(&desk, 2, &second).unwrap();
    assert_eq!(
        taken.cases.len(),
        1,
        "gateway 2's first base is still known"
    );
}

/// Pitfall: a forking gateway signs bases without end.
#[test]
fn any_number_of_bases_of_one_window_is_one_case_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_of(dir.path(), 1 << 20);
    let mut cases = std::collections::BTreeSet::new();
    for number in 0..200 {
        let base = Base {
            parentBlock: number,
            ..base(41)
        };
        cases.extend(hear_base(&desk, 1, &base).unwrap().cases);
    }
    assert!(desk.figures().heard.get() <= 3);
    assert!(!cases.is_empty() && desk.cases().count().unwrap() <= 25);
}

/// Pitfall: one gateway's bases of a window take the places of everybody else's, and the watcher hears nobody in it.
#[test]
fn a_gateway_that_signs_any_number_of_bases_leaves_the_others_to_be_heard() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_of(dir.path(), 1 << 20);
    for number in 100..200 {
        let base = Base {
            parentBlock: number,
            ..base(41)
        };
        // Refused or a case: neither may matter to anybody else.
        let _ = hear_base(&desk, 1, &base);
    }
    let honest = base(41);
    assert!(hear_base(&desk, 2, &honest).unwrap().is_new);
    assert!(
        hear_frag(&desk, 2, &frag(&honest, 0, B256::ZERO))
            .unwrap()
            .is_new
    );
}
