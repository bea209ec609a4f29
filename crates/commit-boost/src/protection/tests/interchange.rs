use super::*;

fn text_of(db: &ProtectionDb) -> String {
    serde_json::to_string_pretty(&db.export().unwrap()).unwrap()
}

#[test]
fn an_export_read_elsewhere_forbids_and_shows_the_same() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let db = open(&here);
    let stored = sign(&db, 1, &request(1, 100, 1));
    ask(&db, &request(1, 101, 2));
    db.raise_lowest_slot(B256::repeat_byte(2), stored.request.position.proposer, 50)
        .unwrap();
    let text = text_of(&db);

    let other = open(&there);
    let report = other.import_text(&text).unwrap();
    assert_eq!(
        report,
        ImportReport {
            added: 2,
            known: 0,
            closed: 0
        }
    );
    assert_eq!(text_of(&other), text);
    assert_eq!(other.look(&request(1, 100, 1)).unwrap(), Some(stored));
    for (slot, object) in [(100, 9), (101, 9)] {
        let refused = other.admit(&request(1, slot, object), SignerDialect::Split);
        assert!(matches!(refused, Err(ProtectionError::Conflict { .. })));
    }
    assert!(matches!(
        other.admit(&request(1, 49, 1), SignerDialect::Split),
        Err(ProtectionError::BelowLowestSlot { .. })
    ));
    // Twice is as good as once.
    let again = other.import_text(&text).unwrap();
    assert_eq!(
        again,
        ImportReport {
            added: 0,
            known: 2,
            closed: 0
        }
    );
    assert_eq!(text_of(&other), text);
}

#[test]
fn an_import_takes_no_restriction_away() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let stored = sign(&db, 1, &request(1, 100, 1));
    let proposer = stored.request.position.proposer;
    db.raise_lowest_slot(B256::repeat_byte(2), proposer, 80)
        .unwrap();
    // A file that knows less, and another content for the same slot.
    let file = Interchange {
        metadata: Metadata::of(&CHAIN),
        data: vec![OwnerEntry {
            signing_id: B256::repeat_byte(2),
            proposer,
            min_slot: 3,
            signed: vec![SignedEntry {
                slot: 100,
                kind: Kind::Delegation,
                content: Some((&request(1, 100, 7)).into()),
                dialect: None,
                signature: None,
            }],
        }],
    };
    assert_eq!(db.import(&file).unwrap().closed, 1);
    // Two contents are about: neither is signed anew, and the slot is closed for all kinds that have one.
    assert_eq!(db.lowest_slot(B256::repeat_byte(2), proposer).unwrap(), 101);
    assert!(db.admit(&request(1, 100, 7), SignerDialect::Split).is_err());
    let mut commitment = request(1, 100, 1);
    commitment.position.kind = Kind::Commitment;
    assert!(db.admit(&commitment, SignerDialect::Split).is_err());
    assert_eq!(db.look(&request(1, 100, 1)).unwrap(), Some(stored));
}

#[test]
fn registrations_are_closed_one_by_one_and_not_by_slots() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let db = open(&here);
    let at = |nonce, object| {
        let mut request = request(1, nonce, object);
        request.position.kind = Kind::Registration;
        request
    };
    let stored = sign(&db, 1, &at(2, 1));
    ask(&db, &at(3, 1));
    let entry = |slot, content: Option<&Request>| SignedEntry {
        slot,
        kind: Kind::Registration,
        content: content.map(Into::into),
        dialect: None,
        signature: None,
    };
    let mut file = db.export().unwrap();
    let other = at(3, 7);
    file.data[0].min_slot = 1_000;
    file.data[0].signed = vec![
        entry(2, Some(&at(2, 7))),
        entry(3, Some(&other)),
        entry(4, None),
    ];
    assert_eq!(db.import(&file).unwrap().closed, 3);
    // An export carries it on.
    let next = open(&there);
    next.import(&db.export().unwrap()).unwrap();
    for db in [db, next] {
        assert_eq!(db.look(&at(2, 1)).unwrap(), Some(stored));
        for closed in [at(2, 7), at(3, 1), other, at(4, 1)] {
            let refused = db.admit(&closed, SignerDialect::Split);
            assert!(refused.is_err(), "{closed:?}");
        }
        ask(&db, &at(5, 1));
        assert!(db.admit(&request(1, 999, 1), SignerDialect::Split).is_err());
    }
}

#[test]
fn an_entry_without_content_closes_its_slot() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let proposer = request(1, 0, 1).position.proposer;
    let text = format!(
        r#"{{"metadata":{{"format":"forebond-commitment-protection","version":"1","genesis_fork_version":"0x10000910","chain_id":"560048"}},
        "data":[{{"signing_id":"{}","proposer":"{proposer}","min_slot":"7","signed":[{{"slot":"41","kind":"delegation"}}]}}]}}"#,
        B256::repeat_byte(2)
    );
    db.import_text(&text).unwrap();
    assert!(db.admit(&request(1, 41, 1), SignerDialect::Split).is_err());
    ask(&db, &request(1, 42, 1));
}

#[test]
fn a_file_with_a_signature_that_does_not_verify_changes_nothing() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let db = open(&here);
    sign(&db, 1, &request(1, 100, 1));
    let mut file = db.export().unwrap();
    let forged = secret(2).sign(B256::ZERO).to_bytes();
    file.data[0].min_slot = 500;
    file.data[0].signed[0].signature = Some(KeySignature::Bls(forged));
    let other = open(&there);
    let error = other.import(&file).unwrap_err();
    assert!(matches!(error, ProtectionError::Interchange(_)), "{error}");
    assert_eq!(other.export().unwrap().data, []);
}

#[test]
fn files_of_another_format_version_or_chain_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    let good = text_of(&db);
    for (from, to) in [
        ("forebond-commitment-protection", "eip-3076"),
        ("\"version\": \"1\"", "\"version\": \"2\""),
        ("560048", "1"),
        ("0x10000910", "0x00000000"),
        ("\"560048\"", "560048"),
        ("\"data\"", "\"extra\": 1, \"data\""),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        let refused = db.import_text(&changed);
        assert!(
            matches!(refused, Err(ProtectionError::Interchange(_))),
            "{from}: {refused:?}"
        );
    }
    db.import_text(&good).unwrap();
}

/// The example of `specs/proposer-signing.md` is a file of the format.
#[test]
fn the_example_of_the_specification_is_imported() {
    let text = include_str!("../../../../../specs/proposer-signing.md");
    let example = text
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let db = open(&dir);
    assert_eq!(
        db.import_text(example).unwrap(),
        ImportReport {
            added: 1,
            known: 0,
            closed: 1
        }
    );
    let owner = &db.export().unwrap().data[0];
    assert_eq!(owner.min_slot, 9_000_051);
    assert_eq!(owner.signed[0].slot, 9_000_042);
    let file: Interchange = serde_json::from_str(example).unwrap();
    assert_eq!(
        serde_json::from_str::<Interchange>(&serde_json::to_string(&file).unwrap()).unwrap(),
        file
    );
}
