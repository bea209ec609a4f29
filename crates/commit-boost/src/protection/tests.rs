use super::*;
use alloy_primitives::{Address, B256};
use forebond_beacon::{
    bls::{SecretKey, interop_key},
    signing::commit_boost::Chain,
};

use crate::{client::Verified, dialect::SignerDialect};

mod against_model;
mod crashes;
mod interchange;

const CHAIN: Chain = Chain::HOODI;

fn secret(validator: u64) -> SecretKey {
    interop_key(validator)
}

fn request(validator: u64, slot: u64, object: u8) -> Request {
    let proposer = secret(validator).public_key().to_bytes();
    Request {
        position: Position {
            signing_id: B256::repeat_byte(2),
            proposer,
            slot,
            kind: Kind::Delegation,
        },
        key: SigningKey::Consensus(proposer),
        object_root: B256::repeat_byte(object),
        nonce: 0,
    }
}

/// What an honest signer answers.
fn answer(validator: u64, permit: &Permit) -> Verified {
    let signature = secret(validator).sign(permit.signing_root(&CHAIN));
    Verified::check(&CHAIN, permit, KeySignature::Bls(signature.to_bytes())).unwrap()
}

fn ask(db: &ProtectionDb, request: &Request) -> Permit {
    match db.admit(request, SignerDialect::Split).unwrap() {
        Admission::Ask(permit) => permit,
        Admission::Signed(stored) => panic!("signed already: {stored:?}"),
    }
}

/// Asks, signs and keeps.
fn sign(db: &ProtectionDb, validator: u64, request: &Request) -> StoredSignature {
    let permit = ask(db, request);
    db.keep(&permit, &answer(validator, &permit)).unwrap()
}

fn open(dir: &tempfile::TempDir) -> ProtectionDb {
    ProtectionDb::open(dir.path(), CHAIN).unwrap()
}

#[test]
fn another_content_for_a_position_is_refused_before_and_after_the_answer_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let first = request(1, 100, 1);
    let permit = ask(&db, &first);
    let others = [
        Request {
            object_root: B256::repeat_byte(9),
            ..first
        },
        Request { nonce: 1, ..first },
        Request {
            key: SigningKey::ProxyEcdsa(Address::repeat_byte(1)),
            ..first
        },
    ];
    let all_refused = |db: &ProtectionDb| {
        for other in &others {
            let refused = db.admit(other, SignerDialect::Split);
            assert!(
                matches!(refused, Err(ProtectionError::Conflict { .. })),
                "{refused:?}"
            );
            assert!(matches!(
                db.look(other),
                Err(ProtectionError::Conflict { .. })
            ));
        }
    };
    all_refused(&db);
    db.keep(&permit, &answer(1, &permit)).unwrap();
    all_refused(&db);
    drop(db);
    all_refused(&open(&dir));
}

#[test]
fn the_same_content_gives_the_stored_signature_and_no_second_permit() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let stored = sign(&db, 1, &request(1, 100, 1));
    drop(db);
    let db = open(&dir);
    for dialect in [SignerDialect::Split, SignerDialect::Legacy] {
        match db.admit(&request(1, 100, 1), dialect).unwrap() {
            Admission::Signed(again) => assert_eq!(*again, stored),
            Admission::Ask(permit) => panic!("{permit:?}"),
        }
    }
    assert_eq!(db.look(&request(1, 100, 1)).unwrap(), Some(stored));
    assert_eq!(stored.dialect, SignerDialect::Split);
}

#[test]
fn a_request_whose_answer_was_lost_may_be_asked_again_and_is_kept_in_the_dialect_of_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    ask(&db, &request(1, 100, 1));
    drop(db);
    let db = open(&dir);
    let Admission::Ask(permit) = db
        .admit(&request(1, 100, 1), SignerDialect::Legacy)
        .unwrap()
    else {
        panic!("it was never answered")
    };
    let stored = db.keep(&permit, &answer(1, &permit)).unwrap();
    assert_eq!(stored.dialect, SignerDialect::Legacy);
    assert_eq!(stored.signing_root, permit.signing_root(&CHAIN));
}

#[test]
fn positions_differ_by_signing_id_proposer_slot_and_kind() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let first = request(1, 100, 1);
    ask(&db, &first);
    let at = |change: fn(&mut Position)| {
        let mut other = Request {
            object_root: B256::repeat_byte(9),
            ..first
        };
        change(&mut other.position);
        other
    };
    ask(
        &db,
        &at(|position| position.signing_id = B256::repeat_byte(3)),
    );
    ask(&db, &at(|position| position.slot = 101));
    ask(&db, &at(|position| position.kind = Kind::Registration));
    ask(&db, &request(2, 100, 9));
}

#[test]
fn the_lowest_slot_only_rises_and_shuts_out_what_is_new_below_it() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let (id, proposer) = (B256::repeat_byte(2), request(1, 0, 1).position.proposer);
    let stored = sign(&db, 1, &request(1, 100, 1));
    ask(&db, &request(1, 101, 1));
    for (raise, expected) in [(200, 200), (150, 200), (0, 200), (201, 201)] {
        db.raise_lowest_slot(id, proposer, raise).unwrap();
        assert_eq!(db.lowest_slot(id, proposer).unwrap(), expected);
    }
    drop(db);
    let db = open(&dir);
    for slot in [0, 99, 101, 200] {
        let refused = db.admit(&request(1, slot, 1), SignerDialect::Split);
        assert!(
            matches!(
                refused,
                Err(ProtectionError::BelowLowestSlot {
                    lowest_slot: 201,
                    ..
                })
            ),
            "{slot}"
        );
    }
    ask(&db, &request(1, 201, 1));
    ask(&db, &request(2, 0, 1));
    // What was signed before is no secret.
    assert_eq!(db.look(&request(1, 100, 1)).unwrap(), Some(stored));
}

#[test]
fn slots_and_nonces_without_a_successor_and_other_validators_keys_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let good = request(1, 100, 1);
    let refused = |request: Request| db.admit(&request, SignerDialect::Split).unwrap_err();
    assert!(matches!(
        refused(request(1, u64::MAX, 1)),
        ProtectionError::Reserved { .. }
    ));
    assert!(matches!(
        refused(Request {
            nonce: u64::MAX,
            ..good
        }),
        ProtectionError::Reserved { .. }
    ));
    let stranger = SigningKey::Consensus(secret(2).public_key().to_bytes());
    assert!(matches!(
        refused(Request {
            key: stranger,
            ..good
        }),
        ProtectionError::OtherProposer { .. }
    ));
}

#[test]
fn a_signature_for_another_content_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let permit = ask(&db, &request(1, 100, 1));
    let other = ask(&db, &request(1, 101, 2));
    let wrong = db.keep(&permit, &answer(1, &other));
    assert!(
        matches!(wrong, Err(ProtectionError::NotAsked { .. })),
        "{wrong:?}"
    );
    assert_eq!(db.look(&request(1, 100, 1)).unwrap(), None);
}

#[test]
fn two_proposers_on_one_directory_are_refused_until_the_first_ends() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir);
    let error = ProtectionDb::open(dir.path(), CHAIN).unwrap_err();
    assert!(matches!(error, ProtectionError::InUse { .. }), "{error}");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(first);
    open(&dir);
}

#[test]
fn a_database_of_another_chain_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    for chain in [
        Chain::MAINNET,
        Chain::new([0x10, 0, 9, 0x10], 1),
        Chain::new([0; 4], 560_048),
    ] {
        let error = ProtectionDb::open(dir.path(), chain).unwrap_err();
        assert!(
            matches!(error, ProtectionError::OtherChain { .. }),
            "{error}"
        );
    }
}

#[test]
fn an_emptied_cut_or_foreign_file_is_never_taken_for_a_new_database() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    sign(&db, 1, &request(1, 100, 1));
    drop(db);
    let path = dir.path().join("commitments.redb");
    let whole = std::fs::read(&path).unwrap();
    for bytes in [
        &[][..],
        &whole[..5],
        &whole[..whole.len() / 2],
        b"hello",
        &vec![0; whole.len()],
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = ProtectionDb::open(dir.path(), CHAIN).unwrap_err();
        assert!(
            matches!(error, ProtectionError::Damaged { .. }),
            "{} bytes: {error}",
            bytes.len()
        );
        assert!(error.to_string().contains("do not delete"), "{error}");
    }
    std::fs::write(&path, whole).unwrap();
    assert!(open(&dir).look(&request(1, 100, 1)).unwrap().is_some());
}

#[test]
fn only_so_many_positions_are_kept_and_what_left_is_not_signed_again() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let proposer = request(1, 0, 1).position.proposer;
    let entry = |slot| SignedEntry {
        slot,
        kind: Kind::Delegation,
        content: Some((&request(1, slot, 1)).into()),
        dialect: None,
        signature: None,
    };
    // The oldest of all by its number, which is a nonce and no slot: it stays.
    let mut consent = request(1, 3, 1);
    consent.position.kind = Kind::Registration;
    let consented = sign(&db, 1, &consent);
    // By an import: one write for all of them.
    let file = Interchange {
        metadata: Metadata::of(&CHAIN),
        data: vec![OwnerEntry {
            signing_id: B256::repeat_byte(2),
            proposer,
            min_slot: 0,
            signed: (10..9 + KEPT_POSITIONS).map(entry).collect(),
        }],
    };
    db.import(&file).unwrap();
    assert_eq!(db.lowest_slot(B256::repeat_byte(2), proposer).unwrap(), 0);
    ask(&db, &request(1, 9_999, 1));
    assert_eq!(db.lowest_slot(B256::repeat_byte(2), proposer).unwrap(), 11);
    let kept = db.export().unwrap().data[0].signed.len() as u64;
    assert_eq!(kept, KEPT_POSITIONS);
    let forgotten = db.admit(&request(1, 10, 7), SignerDialect::Split);
    assert!(matches!(
        forgotten,
        Err(ProtectionError::BelowLowestSlot { .. })
    ));
    assert_eq!(db.look(&consent).unwrap(), Some(consented));
    consent.position.slot = 4;
    ask(&db, &consent);
    consent.object_root = B256::repeat_byte(7);
    let other = db.admit(&consent, SignerDialect::Split);
    assert!(matches!(other, Err(ProtectionError::Conflict { .. })));
}

#[test]
fn directories_that_are_missing_are_made_for_their_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b/c");
    drop(ProtectionDb::open(&deep, CHAIN).unwrap());
    for made in [dir.path().join("a"), deep.clone()] {
        assert_eq!(std::fs::metadata(made).unwrap().mode() & 0o777, 0o700);
    }
    ProtectionDb::open(&deep, CHAIN).unwrap();
}
