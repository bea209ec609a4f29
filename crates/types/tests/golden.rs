//! Golden vectors of the signed messages: digests and signatures in `fixtures/messages/`.
//!
//! A digest that moves makes every promise ever signed unverifiable, so these files are frozen.
//! Writing them again is a decision to review, never a repair of a red test:
//! `cargo test -p forebond-types --test golden -- --ignored`. `make fixtures-check` asks viem for a
//! second opinion on the same files; leaves and write sets are in `golden_leaves.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

use alloy_primitives::{Address, B256, hex, keccak256};
use alloy_sol_types::SolStruct;
use forebond_types::{
    Base, BaseWire, Batch, BatchWire, BlockEnv, BlockEnvWire, CommitterKey, CommitterKeyWire,
    Delegation, DelegationWire, Domain, Frag, FragWire, Revocation, RevocationWire, Seal, SealWire,
    Signature,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;

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

fn domains() -> Vec<(&'static str, Domain)> {
    let inbox = Address::from_slice(&hash("inbox")[12..]);
    vec![
        (
            "mainnet",
            Domain {
                l1_chain_id: 1,
                inbox,
            },
        ),
        (
            "another rollup on the same L1",
            Domain {
                l1_chain_id: 1,
                inbox: Address::ZERO,
            },
        ),
        (
            "another L1",
            Domain {
                l1_chain_id: 900,
                inbox,
            },
        ),
        (
            "largest",
            Domain {
                l1_chain_id: u64::MAX,
                inbox: Address::repeat_byte(0xff),
            },
        ),
    ]
}

fn bases() -> Vec<(&'static str, Base)> {
    let zero = B256::ZERO;
    let example = Base {
        window: 9_412_607,
        attempt: 0,
        parentBlock: 41,
        parentBlockHash: hash("block 41"),
        parentFrag: hash("last frag of block 41"),
        parentSeal: zero,
    };
    vec![
        (
            "zero",
            Base {
                window: 0,
                attempt: 0,
                parentBlock: 0,
                parentBlockHash: zero,
                parentFrag: zero,
                parentSeal: zero,
            },
        ),
        ("example", example.clone()),
        (
            "second attempt, sealed",
            Base {
                attempt: 1,
                parentSeal: hash("seal of block 41"),
                ..example
            },
        ),
        (
            "largest",
            Base {
                window: u64::MAX,
                attempt: u8::MAX,
                parentBlock: u64::MAX,
                parentBlockHash: B256::repeat_byte(0xff),
                parentFrag: B256::repeat_byte(0xff),
                parentSeal: B256::repeat_byte(0xff),
            },
        ),
    ]
}

fn envs() -> Vec<(&'static str, BlockEnv)> {
    let zero = B256::ZERO;
    vec![
        (
            "zero",
            BlockEnv {
                coinbase: Address::ZERO,
                gasLimit: 0,
                baseFee: 0,
                prevRandao: zero,
                parentBeaconRoot: zero,
                extraDataHash: zero,
            },
        ),
        (
            "example",
            BlockEnv {
                coinbase: Address::from(hex!("4200000000000000000000000000000000000011")),
                gasLimit: 1_000_000_000,
                baseFee: 1_000_000,
                prevRandao: hash("randao"),
                parentBeaconRoot: hash("beacon root"),
                extraDataHash: keccak256(hex!("00000000fa00000006")),
            },
        ),
        (
            "largest",
            BlockEnv {
                coinbase: Address::repeat_byte(0xff),
                gasLimit: u64::MAX,
                baseFee: u64::MAX,
                prevRandao: B256::repeat_byte(0xff),
                parentBeaconRoot: B256::repeat_byte(0xff),
                extraDataHash: B256::repeat_byte(0xff),
            },
        ),
    ]
}

fn frags() -> Vec<(&'static str, Frag)> {
    let base = bases()[1].1.eip712_hash_struct();
    let first = Frag {
        base,
        blockNumber: 42,
        sequence: 0,
        previousFrag: base,
        timestamp: 1_760_000_042,
        l1OriginNumber: 23_540_001,
        l1OriginHash: hash("origin"),
        issuedAtMs: 1_760_000_041_007,
        firstTransaction: 0,
        transactionCount: 1,
        promisesRoot: hash("root 0"),
        gasUsed: 46_218,
        windowCoverage: 0,
        orderingRule: 0,
        blockEnv: envs()[1].1.eip712_hash_struct(),
    };
    let second = Frag {
        sequence: 1,
        previousFrag: first.eip712_hash_struct(),
        issuedAtMs: 1_760_000_041_009,
        firstTransaction: 1,
        transactionCount: 3,
        promisesRoot: hash("root 1"),
        gasUsed: 146_218,
        windowCoverage: 1_000_000_000_000_000,
        orderingRule: 1,
        ..first.clone()
    };
    let max = B256::repeat_byte(0xff);
    vec![
        ("first of its base", first),
        ("second", second),
        (
            "largest",
            Frag {
                base: max,
                blockNumber: u64::MAX,
                sequence: u32::MAX,
                previousFrag: max,
                timestamp: u64::MAX,
                l1OriginNumber: u64::MAX,
                l1OriginHash: max,
                issuedAtMs: u64::MAX,
                firstTransaction: u32::MAX,
                transactionCount: u32::MAX,
                promisesRoot: max,
                gasUsed: u64::MAX,
                windowCoverage: u128::MAX,
                orderingRule: u8::MAX,
                blockEnv: max,
            },
        ),
    ]
}

fn seals() -> Vec<(&'static str, Seal)> {
    let seal = Seal {
        base: bases()[1].1.eip712_hash_struct(),
        blockNumber: 42,
        blockHash: hash("block 42"),
        lastSequence: 1,
        lastFrag: frags()[1].1.eip712_hash_struct(),
        endOfWindow: false,
    };
    let max = B256::repeat_byte(0xff);
    vec![
        ("example", seal.clone()),
        (
            "end of the window",
            Seal {
                endOfWindow: true,
                ..seal
            },
        ),
        (
            "largest",
            Seal {
                base: max,
                blockNumber: u64::MAX,
                blockHash: max,
                lastSequence: u32::MAX,
                lastFrag: max,
                endOfWindow: true,
            },
        ),
    ]
}

fn batches() -> Vec<(&'static str, Batch)> {
    let base = &bases()[1].1;
    let example = Batch {
        base: base.eip712_hash_struct(),
        window: base.window,
        parentBatch: hash("batch before"),
        firstBlock: 42,
        lastBlock: 73,
        parentBlockHash: base.parentBlockHash,
        lastBlockHash: hash("block 73"),
        blocksRoot: hash("blocks 42 to 73"),
        lastFrag: hash("last frag of block 73"),
        lastOriginNumber: 23_540_003,
        lastOriginHash: hash("origin of block 73"),
        blobHashes: vec![hash("blob 0"), hash("blob 1")],
    };
    let max = B256::repeat_byte(0xff);
    vec![
        (
            "one blob",
            Batch {
                blobHashes: vec![hash("blob 0")],
                ..example.clone()
            },
        ),
        ("two blobs", example.clone()),
        (
            "two blobs the other way round",
            Batch {
                blobHashes: vec![hash("blob 1"), hash("blob 0")],
                ..example
            },
        ),
        (
            "largest",
            Batch {
                base: max,
                window: u64::MAX,
                parentBatch: max,
                firstBlock: u64::MAX,
                lastBlock: u64::MAX,
                parentBlockHash: max,
                lastBlockHash: max,
                blocksRoot: max,
                lastFrag: max,
                lastOriginNumber: u64::MAX,
                lastOriginHash: max,
                blobHashes: vec![max; 21],
            },
        ),
    ]
}

fn delegations() -> Vec<(&'static str, Delegation)> {
    let rollup = |n: u8| Address::repeat_byte(n);
    vec![
        (
            "one rollup",
            Delegation {
                operator: Address::from_slice(&hash("operator")[12..]),
                gateway: 1,
                firstEpoch: 411_394,
                lastEpoch: 412_000,
                nonce: 0,
                rollups: vec![rollup(0x11)],
                slashers: vec![rollup(0x55)],
            },
        ),
        (
            "two rollups, two slashers",
            Delegation {
                operator: Address::from_slice(&hash("operator")[12..]),
                gateway: 2,
                firstEpoch: 411_394,
                lastEpoch: u64::MAX,
                nonce: u64::MAX,
                rollups: vec![rollup(0x11), rollup(0x22)],
                slashers: vec![rollup(0x55), rollup(0x66)],
            },
        ),
    ]
}

fn revocations() -> Vec<(&'static str, Revocation)> {
    vec![(
        "example",
        Revocation {
            operator: Address::from_slice(&hash("operator")[12..]),
            rollup: Address::repeat_byte(0x11),
            lastEpoch: 411_500,
            nonce: 1,
        },
    )]
}

fn committer_keys() -> Vec<(&'static str, CommitterKey)> {
    vec![(
        "example",
        CommitterKey {
            owner: Address::from_slice(&hash("gateway owner")[12..]),
            committerSet: hash("set of one"),
        },
    )]
}

/// One message under every domain.
fn vector<M: SolStruct, W: Serialize + for<'a> From<&'a M>>((about, message): &(&str, M)) -> Value {
    let digests: Vec<_> = domains()
        .iter()
        .map(|(_, domain)| domain.digest(message))
        .collect();
    json!({
        "about": about,
        "value": W::from(message),
        "structHash": message.eip712_hash_struct(),
        "digests": digests,
    })
}

fn kind<M: SolStruct, W: Serialize + for<'a> From<&'a M>>(messages: &[(&str, M)]) -> Value {
    let (_, first) = &messages[0];
    json!({
        "type": M::eip712_encode_type(),
        "typeHash": first.eip712_type_hash(),
        "vectors": messages.iter().map(vector::<M, W>).collect::<Vec<_>>(),
    })
}

fn messages() -> Value {
    let domains: Vec<_> = domains()
        .iter()
        .map(|(about, domain)| json!({"about": about, "domain": domain, "separator": domain.separator()}))
        .collect();
    json!({
        "domainName": "Forebond",
        "domainVersion": "1",
        "domains": domains,
        "messages": {
            "Base": kind::<Base, BaseWire>(&bases()),
            "BlockEnv": kind::<BlockEnv, BlockEnvWire>(&envs()),
            "Frag": kind::<Frag, FragWire>(&frags()),
            "Seal": kind::<Seal, SealWire>(&seals()),
            "Batch": kind::<Batch, BatchWire>(&batches()),
            "Delegation": kind::<Delegation, DelegationWire>(&delegations()),
            "Revocation": kind::<Revocation, RevocationWire>(&revocations()),
            "CommitterKey": kind::<CommitterKey, CommitterKeyWire>(&committer_keys()),
        },
    })
}

fn signatures() -> Value {
    let key_bytes = hash("a gateway's key, known to everybody");
    let key = secp256k1::SecretKey::from_slice(key_bytes.as_slice()).expect("in range");
    let signer = Signature::sign(B256::ZERO, &key)
        .recover(B256::ZERO)
        .expect("a signature");
    let signed: Vec<_> = [
        ("the example base under the first domain", domains()[0].1.digest(&bases()[1].1)),
        ("the first frag under the first domain", domains()[0].1.digest(&frags()[0].1)),
        ("the example seal under the last domain", domains()[3].1.digest(&seals()[0].1)),
        ("a digest of zeros", B256::ZERO),
    ]
    .iter()
    .map(|(about, digest)| json!({"about": about, "digest": digest, "signature": Signature::sign(*digest, &key)}))
    .collect();
    json!({"privateKey": key_bytes, "address": signer, "signatures": signed})
}

#[test]
fn struct_hashes_digests_and_domain_separators_are_the_frozen_ones() {
    assert_frozen("messages.json", &messages());
}

#[test]
fn signatures_are_the_frozen_ones_byte_for_byte() {
    assert_frozen("signatures.json", &signatures());
}

#[test]
fn no_two_messages_share_a_digest_and_no_domain_repeats_one() {
    let value = messages();
    let mut seen = std::collections::HashSet::new();
    for kind in value["messages"].as_object().unwrap().values() {
        for vector in kind["vectors"].as_array().unwrap() {
            for digest in vector["digests"].as_array().unwrap() {
                assert!(seen.insert(digest.to_string()), "{digest} appears twice");
            }
        }
    }
    assert_eq!(seen.len(), 4 * (4 + 3 + 3 + 3 + 4 + 2 + 1 + 1));
}

#[test]
#[ignore = "writes the frozen vectors again; a change is a new version of the protocol"]
fn write_the_fixtures() {
    for (name, value) in [
        ("messages.json", messages()),
        ("signatures.json", signatures()),
    ] {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(fixture(name), text).unwrap();
    }
}
