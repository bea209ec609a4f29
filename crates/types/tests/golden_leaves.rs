//! Golden vectors of leaves and write sets in `fixtures/messages/`, and what their encodings must
//! always do. Frozen as `golden.rs` says; written again by
//! `cargo test -p forebond-types --test golden_leaves -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use forebond_types::{AccountWrite, InfoWrite, Leaf, LeafWire, WriteSet, WriteSetError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/messages")
        .join(name)
}

fn assert_frozen(name: &str, computed: &Value) {
    let text = std::fs::read_to_string(fixture(name)).expect("the fixture is committed");
    let frozen: Value = serde_json::from_str(&text).expect("the fixture is JSON");
    assert_eq!(
        computed, &frozen,
        "{name}: the code computes something else than what is frozen"
    );
}

/// A hash that looks like one and says where it comes from.
fn hash(of: &str) -> B256 {
    keccak256(of)
}

fn leaves() -> Value {
    let example = Leaf {
        index: 1,
        tx_hash: hash("transaction"),
        sender: Address::from_slice(&hash("sender")[12..]),
        receipt_hash: hash("receipt"),
        writes_hash: hash("writes"),
        coverage: 210_000_000_000_000,
    };
    let max = B256::repeat_byte(0xff);
    let zero = Leaf {
        index: 0,
        tx_hash: B256::ZERO,
        sender: Address::ZERO,
        receipt_hash: B256::ZERO,
        writes_hash: B256::ZERO,
        coverage: 0,
    };
    let largest = Leaf {
        index: u64::MAX,
        tx_hash: max,
        sender: Address::repeat_byte(0xff),
        receipt_hash: max,
        writes_hash: max,
        coverage: u128::MAX,
    };
    [("zero", zero), ("example", example), ("largest", largest)]
        .iter()
        .map(|(about, leaf)| json!({"about": about, "leaf": LeafWire::from(leaf), "hash": leaf.hash()}))
        .collect()
}

fn write_sets() -> Vec<(&'static str, WriteSet)> {
    let account = |byte: u8, info, slots: &[(u64, u64)]| AccountWrite {
        address: Address::repeat_byte(byte),
        info,
        slots: slots
            .iter()
            .map(|(slot, value)| (U256::from(*slot), U256::from(*value)))
            .collect(),
    };
    let set = |nonce, balance, code_hash| InfoWrite::Set {
        nonce,
        balance,
        code_hash,
    };
    let no_code = keccak256([]);
    vec![
        ("nothing", WriteSet::new(vec![])),
        (
            "a transfer",
            WriteSet::new(vec![
                account(
                    0xaa,
                    set(8, U256::from(10).pow(U256::from(18)), no_code),
                    &[],
                ),
                account(0x0b, set(0, U256::from(1), no_code), &[]),
                account(0x42, set(0, U256::from(21_000), no_code), &[]),
            ]),
        ),
        (
            "storage set and deleted, fields unchanged",
            WriteSet::new(vec![account(
                0x10,
                InfoWrite::Unchanged,
                &[(300, 0), (0, 1), (127, 128), (128, 127)],
            )]),
        ),
        (
            "a destroyed account",
            WriteSet::new(vec![account(0x77, InfoWrite::Destroyed, &[])]),
        ),
        (
            "largest numbers",
            WriteSet::new(vec![AccountWrite {
                address: Address::repeat_byte(0xff),
                info: set(u64::MAX, U256::MAX, B256::repeat_byte(0xff)),
                slots: vec![(U256::MAX, U256::MAX), (U256::ZERO, U256::ZERO)],
            }]),
        ),
    ]
}

fn writes() -> Value {
    let account = |write: &AccountWrite| {
        let (kind, nonce, balance, code_hash) = match write.info {
            InfoWrite::Unchanged => (0, 0, U256::ZERO, B256::ZERO),
            InfoWrite::Set {
                nonce,
                balance,
                code_hash,
            } => (1, nonce, balance, code_hash),
            InfoWrite::Destroyed => (2, 0, U256::ZERO, B256::ZERO),
        };
        json!({
            "address": write.address,
            "kind": kind,
            "nonce": U256::from(nonce),
            "balance": balance,
            "codeHash": code_hash,
            "slots": write.slots,
        })
    };
    write_sets()
        .iter()
        .map(|(about, set)| {
            json!({
                "about": about,
                "accounts": set.accounts().iter().map(account).collect::<Vec<_>>(),
                "encoded": hex::encode_prefixed(set.encode()),
                "hash": set.hash(),
            })
        })
        .collect()
}

#[test]
fn leaf_hashes_are_the_frozen_ones() {
    assert_frozen("leaves.json", &leaves());
}

#[test]
fn write_sets_encode_as_frozen_and_decode_again() {
    assert_frozen("writes.json", &writes());
    for (about, set) in write_sets() {
        assert_eq!(
            WriteSet::decode(&set.encode()).as_ref(),
            Ok(&set),
            "{about}"
        );
    }
}

type Slots = BTreeMap<[u8; 32], [u8; 32]>;

/// An info and slots that may stand together, so that nothing is dropped as saying nothing.
fn account_parts() -> impl Strategy<Value = (InfoWrite, Slots)> {
    let slots = |least| prop::collection::btree_map(any::<[u8; 32]>(), any::<[u8; 32]>(), least..4);
    let set =
        (any::<u64>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(nonce, balance, code)| {
            InfoWrite::Set {
                nonce,
                balance: U256::from_be_bytes(balance),
                code_hash: B256::from(code),
            }
        });
    prop_oneof![
        (Just(InfoWrite::Unchanged), slots(1)),
        (set, slots(0)),
        (Just(InfoWrite::Destroyed), slots(0)),
    ]
}

fn any_write_set() -> impl Strategy<Value = WriteSet> {
    prop::collection::btree_map(any::<[u8; 20]>(), account_parts(), 0..6).prop_map(|accounts| {
        let account = |(address, (info, slots)): ([u8; 20], (InfoWrite, Slots))| {
            let number = U256::from_be_bytes::<32>;
            AccountWrite {
                address: Address::from(address),
                info,
                slots: slots
                    .into_iter()
                    .rev()
                    .map(|(slot, value)| (number(slot), number(value)))
                    .collect(),
            }
        };
        WriteSet::new(accounts.into_iter().rev().map(account).collect())
    })
}

proptest! {
    #[test]
    fn every_write_set_comes_back_from_its_bytes(set in any_write_set()) {
        prop_assert_eq!(WriteSet::decode(&set.encode()), Ok(set));
    }

    /// One set, one encoding: whatever decodes is exactly what would have been written.
    #[test]
    fn damaged_bytes_are_refused_or_are_another_sets_only_encoding(
        set in any_write_set(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
        cut in any::<bool>(),
    ) {
        let bytes = set.encode();
        let mut damaged = bytes.clone();
        let at = at.index(bytes.len());
        if cut { damaged.truncate(at) } else { damaged[at] ^= 1 << bit }
        if let Ok(other) = WriteSet::decode(&damaged) {
            prop_assert_ne!(&other, &set);
            prop_assert_eq!(other.encode(), damaged);
        }
    }
}

/// Strict decode: each of these holds the same information as a canonical set.
#[test]
fn strict_decode_refuses_every_other_spelling_of_a_write_set() {
    let no_fields = "8080a0".to_owned() + &"00".repeat(32);
    let account = |kind: &str, fields: &str, slots: &str| {
        let body = hex::decode(format!("94{}{kind}{fields}{slots}", "11".repeat(20))).unwrap();
        let mut out = vec![0xf8, u8::try_from(body.len()).unwrap()];
        out.extend(body);
        out
    };
    let list = |items: &[Vec<u8>]| {
        let body = items.concat();
        let mut out = vec![0xf8, u8::try_from(body.len()).unwrap()];
        out.extend(body);
        out
    };
    let good = list(&[account("80", &no_fields, "c3c20102")]);
    assert!(
        WriteSet::decode(&good).is_ok(),
        "the canonical spelling is accepted"
    );
    for (about, spelling) in [
        (
            "a number with a leading zero byte",
            list(&[account("80", &no_fields, "c5c482000102")]),
        ),
        (
            "zero as a byte of its own",
            list(&[account("00", &no_fields, "c3c20102")]),
        ),
        (
            "a one-byte number behind a length",
            list(&[account("80", &no_fields, "c4c3810102")]),
        ),
        (
            "descending slots",
            list(&[account("80", &no_fields, "c6c20202c20102")]),
        ),
        (
            "a slot twice",
            list(&[account("80", &no_fields, "c6c20102c20103")]),
        ),
        (
            "an account twice",
            list(&[
                account("80", &no_fields, "c3c20102"),
                account("80", &no_fields, "c3c20102"),
            ]),
        ),
        (
            "an unchanged account without slots",
            list(&[account("80", &no_fields, "c0")]),
        ),
        (
            "an unknown kind",
            list(&[account("03", &no_fields, "c3c20102")]),
        ),
        (
            "a destroyed account with a nonce",
            list(&[account("02", &no_fields.replacen("80", "01", 1), "c0")]),
        ),
        ("a long length of an empty list", vec![0xf8, 0x00]),
        ("no list at all", vec![0x80]),
        ("nothing", vec![]),
        (
            "a byte behind the list",
            [good.clone(), vec![0x80]].concat(),
        ),
    ] {
        assert!(WriteSet::decode(&spelling).is_err(), "{about}");
    }
    let twice = list(&[
        account("80", &no_fields, "c3c20102"),
        account("80", &no_fields, "c3c20102"),
    ]);
    assert_eq!(
        WriteSet::decode(&twice),
        Err(WriteSetError::NotCanonical("addresses must ascend"))
    );
}

#[test]
#[ignore = "writes the frozen vectors again; a change is a new version of the protocol"]
fn write_the_fixtures() {
    for (name, value) in [("leaves.json", leaves()), ("writes.json", writes())] {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(fixture(name), text).unwrap();
    }
}
