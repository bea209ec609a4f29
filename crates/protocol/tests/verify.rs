//! Offline verification of preconfirmations: what is accepted, and that nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod example;

use alloy_primitives::{Address, B256, keccak256};
use example::{Draft, address, gateway_key, key, nonsense, predecessor_key};
use forebond_protocol::{Verified, Verifier, VerifyError};
use forebond_types::{Domain, Grade, Preconfirmation, SealWire, Signature};

fn verifier() -> Verifier {
    Verifier::new(address(&gateway_key()))
}

/// What `verify` complains about, in one line: the field, or whose signature.
fn complaint(result: Result<Verified, VerifyError>) -> String {
    match result.expect_err("this object must be refused") {
        VerifyError::Json(_) => "json".into(),
        VerifyError::NotCanonical => "not canonical".into(),
        VerifyError::Mismatch { what, .. } => what.into(),
        VerifyError::Signer { what, .. } | VerifyError::Signature { what, .. } => {
            format!("signature of {what}")
        }
        VerifyError::Decode { what, .. } => format!("decode {what}"),
    }
}

fn refused(object: &Preconfirmation) -> String {
    complaint(verifier().verify(object))
}

#[test]
fn every_kind_of_transaction_verifies_and_says_what_is_promised() {
    for draft in [Draft::first(), Draft::middle()] {
        let expected = [(true, 0), (true, 0), (false, 0), (true, 1), (true, 0)];
        for (place, (success, logs)) in expected.into_iter().enumerate() {
            let verified = verifier().verify(&draft.object(place)).unwrap();
            let promised = &draft.promised[place];
            assert_eq!(verified.tx_hash, keccak256(&promised.raw));
            assert_eq!(verified.sender, promised.sender);
            assert_eq!(verified.block_number, draft.frag.blockNumber);
            assert_eq!(verified.index, draft.leaves[place].index);
            assert_eq!(verified.sequence, draft.frag.sequence);
            assert_eq!((verified.success, verified.logs), (success, logs));
            assert_eq!(verified.cumulative_gas_used, promised.cumulative_gas_used);
            assert_eq!(verified.coverage_wei, draft.leaves[place].coverage);
            assert_eq!(verified.issued_at_ms, draft.frag.issuedAtMs);
            assert_eq!(verified.writes.encode(), promised.writes.to_vec());
            assert_eq!(verified.grade, Grade::Posted);
        }
    }
}

#[test]
fn a_frag_of_one_transaction_has_an_empty_branch() {
    let mut draft = Draft::first();
    draft.leaves.truncate(1);
    draft.frag.transactionCount = 1;
    draft.relink();
    let object = draft.object(0);
    assert_eq!(object.branch, Vec::<B256>::new());
    verifier().verify(&object).unwrap();
}

#[test]
fn the_promise_of_another_gateway_or_another_rollup_is_refused() {
    let object = Draft::first().object(1);
    let stranger = address(&key("a stranger"));
    assert_eq!(
        complaint(Verifier::new(stranger).verify(&object)),
        "signature of base"
    );
    let here = object.domain;
    verifier().in_domain(here).verify(&object).unwrap();
    let chain = Domain {
        l1_chain_id: here.l1_chain_id + 1,
        ..here
    };
    let inbox = Domain {
        inbox: Address::ZERO,
        ..here
    };
    assert_eq!(
        complaint(verifier().in_domain(chain).verify(&object)),
        "domain.l1ChainId"
    );
    assert_eq!(
        complaint(verifier().in_domain(inbox).verify(&object)),
        "domain.inbox"
    );
}

/// A promise must not replay onto another chain, deployment or rollup: the domain in the object is
/// what the signatures were made for, not a label.
#[test]
fn a_promise_does_not_replay_in_another_domain() {
    let mut object = Draft::first().object(1);
    object.domain.inbox = Address::repeat_byte(0x1c);
    assert_eq!(refused(&object), "signature of base");
}

#[test]
fn a_base_signed_by_one_gateway_and_a_frag_by_another_are_no_promise() {
    let draft = Draft::first();
    let mut object = draft.object(1);
    object.frag_signature = Signature::sign(draft.domain.digest(&draft.frag), &key("a stranger"));
    assert_eq!(refused(&object), "signature of frag");
}

#[test]
fn a_holder_accepts_only_its_own_transaction_from_its_own_address() {
    let object = Draft::first().object(1);
    let (hash, sender) = (object.leaf.tx_hash, object.leaf.sender);
    verifier().verify_own(&object, hash, sender).unwrap();
    let other = verifier().verify_own(&object, keccak256("another"), sender);
    assert_eq!(complaint(other), "transaction");
    let other = verifier().verify_own(&object, hash, Address::ZERO);
    assert_eq!(complaint(other), "leaf.sender");
}

#[test]
fn another_version_of_the_object_is_refused() {
    let mut object = Draft::first().object(1);
    for version in [0, 2, u64::MAX] {
        object.version = version;
        assert_eq!(refused(&object), "version");
    }
}

#[test]
fn a_sealed_grade_needs_the_seal_and_the_predecessor_who_signed_it() {
    let object = Draft::sealed().object(1);
    let after = || verifier().after(address(&predecessor_key()));
    assert_eq!(after().verify(&object).unwrap().grade, Grade::Sealed);
    assert_eq!(refused(&object), "predecessor");
    let wrong = verifier()
        .after(address(&key("a stranger")))
        .verify(&object);
    assert_eq!(complaint(wrong), "signature of parent seal");

    let mut without = object.clone();
    without.parent_seal = None;
    assert_eq!(complaint(after().verify(&without)), "parentSeal present");
    for grade in [Grade::Posted, Grade::Open] {
        let mut other = object.clone();
        other.grade = grade;
        assert_eq!(complaint(after().verify(&other)), "grade sealed");
    }
}

#[test]
fn a_seal_that_does_not_carry_the_base_is_refused() {
    let refused = |change: fn(&mut Draft)| {
        let mut draft = Draft::sealed();
        change(&mut draft);
        draft.relink();
        complaint(
            verifier()
                .after(address(&predecessor_key()))
                .verify(&draft.object(1)),
        )
    };
    assert_eq!(
        refused(|d| d.parent_seal.as_mut().unwrap().endOfWindow = false),
        "parentSeal.endOfWindow"
    );
    assert_eq!(
        refused(|d| d.parent_seal.as_mut().unwrap().blockNumber = 40),
        "parentSeal.blockNumber"
    );
    assert_eq!(
        refused(|d| d.base.parentBlockHash = B256::ZERO),
        "parentSeal.blockHash"
    );
    assert_eq!(
        refused(|d| d.base.parentFrag = B256::ZERO),
        "parentSeal.lastFrag"
    );

    let mut object = Draft::sealed().object(1);
    let seal: &mut SealWire = &mut object.parent_seal.as_mut().unwrap().seal;
    seal.last_sequence += 1;
    let result = verifier()
        .after(address(&predecessor_key()))
        .verify(&object);
    assert_eq!(complaint(result), "base.parentSeal");
}

/// The grade is the one word no signature covers: it must follow from what the holder knows.
#[test]
fn a_posted_grade_is_believed_only_of_genesis_or_of_a_block_the_holder_saw_on_l1() {
    let mut draft = Draft::sealed();
    draft.parent_seal = None;
    draft.base.parentSeal = B256::ZERO;
    draft.grade = Grade::Posted;
    draft.relink();
    let object = draft.object(1);
    let hash = draft.base.parentBlockHash;
    verifier().on_posted(41, hash).verify(&object).unwrap();
    assert_eq!(refused(&object), "grade posted");
    assert_eq!(
        complaint(verifier().on_posted(40, hash).verify(&object)),
        "grade posted"
    );
    assert_eq!(
        complaint(verifier().on_posted(41, B256::ZERO).verify(&object)),
        "grade posted"
    );

    draft.grade = Grade::Open;
    assert_eq!(
        verifier().verify(&draft.object(1)).unwrap().grade,
        Grade::Open
    );
    let mut genesis = Draft::first();
    genesis.grade = Grade::Open;
    assert_eq!(
        refused(&genesis.object(1)),
        "grade posted (parent is genesis)"
    );
}

/// Self-contradictions of a gateway that signed them itself: valid signatures, invalid promise.
#[test]
fn what_a_gateway_signs_against_the_rules_is_no_promise_either() {
    let refused = |change: fn(&mut Draft), then: fn(&mut Draft)| {
        let mut draft = Draft::first();
        change(&mut draft);
        draft.relink();
        then(&mut draft);
        refused(&draft.object(1))
    };
    let none = |_: &mut Draft| {};
    assert_eq!(
        refused(none, |d| d.frag.base = keccak256("another base")),
        "frag.base"
    );
    assert_eq!(
        refused(none, |d| d.frag.previousFrag = B256::ZERO),
        "frag.previousFrag"
    );
    assert_eq!(
        refused(none, |d| d.frag.blockEnv = B256::ZERO),
        "frag.blockEnv"
    );
    assert_eq!(
        refused(none, |d| d.frag.promisesRoot = B256::ZERO),
        "frag.promisesRoot"
    );
    assert_eq!(
        refused(|d| d.frag.blockNumber = 2, none),
        "frag.blockNumber"
    );
    assert_eq!(
        refused(|d| (d.frag.sequence, d.frag.blockNumber) = (1, 0), none),
        "frag.blockNumber"
    );
    assert_eq!(
        refused(|d| d.frag.orderingRule = 2, none),
        "frag.orderingRule"
    );
    assert_eq!(refused(|d| d.frag.transactionCount = 1, none), "leaf.index");
    assert_eq!(refused(|d| d.frag.transactionCount = 0, none), "leaf.index");
    assert_eq!(
        refused(|d| d.frag.transactionCount = 4, none),
        "branch length"
    );
    assert_eq!(
        refused(|d| d.frag.transactionCount = 9, none),
        "branch length"
    );
    assert_eq!(
        refused(|d| d.leaves[1].index = 2, none),
        "frag.promisesRoot"
    );
    assert_eq!(
        refused(|d| d.leaves[1].index = u64::MAX, none),
        "leaf.index"
    );
    assert_eq!(
        refused(
            |d| (d.frag.sequence, d.frag.firstTransaction) = (1, 2),
            none
        ),
        "leaf.index"
    );
    assert_eq!(
        refused(|d| d.frag.firstTransaction = 1, none),
        "frag.firstTransaction"
    );
    assert_eq!(
        refused(|d| d.frag.windowCoverage = d.leaves[1].coverage - 1, none),
        "leaf.coverage"
    );
    assert_eq!(
        refused(|d| d.frag.gasUsed = 67_217, none),
        "receipt.cumulativeGasUsed"
    );
    assert_eq!(
        refused(|d| d.leaves[1].sender = Address::ZERO, none),
        "leaf.sender"
    );
    assert_eq!(
        refused(|d| d.promised[1].raw = nonsense(), none),
        "decode transaction"
    );
    assert_eq!(
        refused(|d| d.promised[1].receipt = nonsense(), none),
        "decode receipt"
    );
    assert_eq!(
        refused(|d| d.promised[1].writes = nonsense(), none),
        "decode writes"
    );
    let swapped = |d: &mut Draft| d.promised[1].receipt = d.promised[0].receipt.clone();
    assert_eq!(refused(swapped, none), "receipt type");
}

/// Strict decode: bytes behind a transaction, a receipt or a write set are no part of it.
#[test]
fn trailing_bytes_are_refused_even_when_the_gateway_hashed_them() {
    let trailing = |change: fn(&mut Draft) -> &mut alloy_primitives::Bytes| {
        let mut draft = Draft::first();
        let bytes = change(&mut draft);
        *bytes = [bytes.as_ref(), &[0]].concat().into();
        draft.relink();
        refused(&draft.object(1))
    };
    assert_eq!(trailing(|d| &mut d.promised[1].raw), "decode transaction");
    assert_eq!(trailing(|d| &mut d.promised[1].receipt), "decode receipt");
    assert_eq!(trailing(|d| &mut d.promised[1].writes), "decode writes");
}

/// The verifier remembers frags, never a whole object: what it has seen opens no door.
#[test]
fn a_verifier_that_has_seen_the_frag_still_checks_everything_else() {
    let draft = Draft::first();
    let mut verifier = verifier();
    for place in 0..5 {
        verifier.verify(&draft.object(place)).unwrap();
    }
    let mut object = draft.object(1);
    object.leaf.coverage += 1;
    assert_eq!(complaint(verifier.verify(&object)), "frag.promisesRoot");
    let mut object = draft.object(1);
    object.frag_signature = object.base_signature;
    assert_eq!(complaint(verifier.verify(&object)), "signature of frag");
}
