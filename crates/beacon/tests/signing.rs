//! Our signing roots equal those that Commit-Boost signers and Fabric's contracts compute (`fixtures/commit-boost`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

use alloy_primitives::{Address, B256, Bytes, hex};
use forebond_beacon::{
    bls::{PublicKey, PublicKeyBytes, SecretKey, Signature},
    signing::{
        commit_boost::{Chain, Dialect, ProxyKey, delegation_signing_root, object_signing_root},
        domain::{DomainType, ForkVersion, compute_domain},
        fabric::{self, G1Point},
        registration,
    },
};
use serde_json::Value;

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/../../fixtures/commit-boost/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn vectors(file: &Value, list: &str) -> Vec<Value> {
    let list = file[list].as_array().unwrap().clone();
    assert!(!list.is_empty());
    list
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn number(value: &Value, key: &str) -> u64 {
    text(value, key).parse().unwrap()
}

fn root(value: &Value, key: &str) -> B256 {
    text(value, key).parse().unwrap()
}

fn key(value: &Value, name: &str) -> PublicKey {
    text(value, name).parse().unwrap()
}

fn chain(value: &Value) -> Chain {
    let version: ForkVersion = text(value, "genesisForkVersion").parse().unwrap();
    Chain::new(version.0, number(value, "chainId"))
}

#[test]
fn commit_boost_domains_of_public_chains_are_known() {
    for vector in vectors(&fixture("domains"), "vectors") {
        assert_eq!(
            chain(&vector).domain(),
            root(&vector, "domain"),
            "{}",
            vector["name"]
        );
    }
    let file = fixture("domains");
    for (known, name) in [
        (Chain::MAINNET, 0),
        (Chain::SEPOLIA, 1),
        (Chain::HOODI, 2),
        (Chain::HOLESKY, 3),
    ] {
        assert_eq!(known, chain(&file["vectors"][name]));
    }
}

#[test]
fn object_roots_are_signed_as_commit_boost_signs_them() {
    for vector in vectors(&fixture("signing_roots"), "vectors") {
        let dialect = match text(&vector, "dialect") {
            "bare" => Dialect::Bare,
            "module" => Dialect::Module {
                signing_id: root(&vector, "signingId"),
                nonce: number(&vector, "nonce"),
            },
            other => panic!("unknown dialect {other}"),
        };
        let got = object_signing_root(&chain(&vector), dialect, root(&vector, "objectRoot"));
        assert_eq!(got, root(&vector, "signingRoot"), "{}", vector["name"]);
        if text(&vector, "signature") != "0x" {
            let signature: Signature = text(&vector, "signature").parse().unwrap();
            assert_eq!(
                signature.verify(&key(&vector, "publicKey"), got),
                Ok(()),
                "{}",
                vector["name"]
            );
        }
    }
}

#[test]
fn a_signature_of_one_dialect_module_nonce_or_chain_is_none_of_another() {
    let object = B256::repeat_byte(9);
    let module = |id, nonce| Dialect::Module {
        signing_id: B256::repeat_byte(id),
        nonce,
    };
    let roots = [
        object_signing_root(&Chain::HOODI, Dialect::Bare, object),
        object_signing_root(&Chain::HOODI, module(1, 0), object),
        object_signing_root(&Chain::HOODI, module(2, 0), object),
        object_signing_root(&Chain::HOODI, module(1, 1), object),
        object_signing_root(&Chain::SEPOLIA, module(1, 0), object),
        object_signing_root(
            &Chain {
                chain_id: 7,
                ..Chain::HOODI
            },
            module(1, 0),
            object,
        ),
    ];
    for (i, one) in roots.iter().enumerate() {
        assert!(!roots[i + 1..].contains(one), "root {i} occurs twice");
    }
}

#[test]
fn a_consensus_key_vouches_for_a_proxy_as_commit_boost_says() {
    for vector in vectors(&fixture("delegations"), "vectors") {
        let delegator = key(&vector, "delegator");
        let proxy: PublicKeyBytes = text(&vector, "proxy").parse().unwrap();
        let signature: Signature = text(&vector, "signature").parse().unwrap();
        let signed = delegation_signing_root(
            &chain(&vector),
            &delegator.to_bytes(),
            &ProxyKey::Bls(proxy),
        );
        assert_eq!(signature.verify(&delegator, signed), Ok(()));
        let elsewhere =
            delegation_signing_root(&Chain::HOODI, &delegator.to_bytes(), &ProxyKey::Bls(proxy));
        assert!(signature.verify(&delegator, elsewhere).is_err());
    }
}

#[test]
fn an_ecdsa_proxy_enters_as_its_address_on_the_left_of_a_leaf() {
    for vector in vectors(&fixture("delegations"), "ecdsa") {
        let delegator = key(&vector, "delegator").to_bytes();
        let proxy: Address = text(&vector, "proxy").parse().unwrap();
        let signed = delegation_signing_root(&chain(&vector), &delegator, &ProxyKey::Ecdsa(proxy));
        assert_eq!(signed, root(&vector, "signingRoot"));
        // A BLS key that begins with the same bytes is another leaf: 48 bytes are two chunks.
        let mut padded = PublicKeyBytes::ZERO;
        padded[..20].copy_from_slice(proxy.as_slice());
        assert_ne!(
            signed,
            delegation_signing_root(&chain(&vector), &delegator, &ProxyKey::Bls(padded))
        );
    }
}

#[test]
fn a_validators_consent_is_what_our_registry_verifies() {
    let vector = fixture("registration");
    let address = |name| -> Address { text(&vector, name).parse().unwrap() };
    let (operator, registry) = (address("operator"), address("registry"));
    assert_eq!(
        registration::object_root(operator, registry),
        root(&vector, "objectRoot")
    );
    assert_eq!(registration::SIGNING_ID, root(&vector, "signingId"));
    let nonce = number(&vector, "nonce");
    let signed = registration::signing_root(&chain(&vector), operator, registry, nonce);
    assert_eq!(signed, root(&vector, "signingRoot"));
    let signature: Signature = text(&vector, "signature").parse().unwrap();
    assert_eq!(signature.verify(&key(&vector, "publicKey"), signed), Ok(()));
    // A proof of possession that binds no chain, registry, operator or nonce replays.
    let other = Address::repeat_byte(1);
    for elsewhere in [
        registration::signing_root(&chain(&vector), other, registry, nonce),
        registration::signing_root(&chain(&vector), operator, other, nonce),
        registration::signing_root(&chain(&vector), operator, registry, nonce + 1),
        registration::signing_root(&Chain::HOODI, operator, registry, nonce),
    ] {
        assert!(
            signature
                .verify(&key(&vector, "publicKey"), elsewhere)
                .is_err()
        );
    }
}

#[test]
fn fabric_object_roots_equal_the_contracts() {
    let file = fixture("fabric");
    let registration = &file["registration"];
    let owner: Address = text(registration, "owner").parse().unwrap();
    assert_eq!(fabric::registration_root(owner), root(registration, "root"));

    for vector in vectors(&file, "delegations") {
        let delegation = fabric::Delegation {
            proposer: G1Point::from(&key(&vector, "proposer")),
            delegate: G1Point::from(&key(&vector, "delegate")),
            committer: text(&vector, "committer").parse().unwrap(),
            slot: number(&vector, "slot"),
            metadata: text(&vector, "metadata").parse().unwrap(),
        };
        assert_eq!(fabric::delegation_root(delegation), root(&vector, "root"));
    }

    let request = &file["commitmentRequest"];
    let payload: Bytes = text(request, "payload").parse().unwrap();
    let slasher: Address = text(request, "slasher").parse().unwrap();
    let hash = fabric::request_hash(number(request, "commitmentType"), payload, slasher);
    assert_eq!(hash, root(request, "root"));

    let commitment = &file["commitment"];
    let message = fabric::Commitment {
        commitmentType: number(commitment, "commitmentType"),
        payload: text(commitment, "payload").parse().unwrap(),
        requestHash: root(commitment, "requestHash"),
        slasher: text(commitment, "slasher").parse().unwrap(),
    };
    assert_eq!(fabric::commitment_root(message), root(commitment, "root"));
}

#[test]
fn fabric_constraints_root_equals_the_relays() {
    let vector = fixture("fabric")["constraints"].clone();
    let types = vectors(&vector, "constraintTypes");
    let payloads = vectors(&vector, "constraintPayloads");
    let message = fabric::ConstraintsMessage {
        proposer: G1Point::from(&key(&vector, "proposer")),
        delegate: G1Point::from(&key(&vector, "delegate")),
        slot: number(&vector, "slot"),
        constraints: types
            .iter()
            .zip(&payloads)
            .map(|(kind, payload)| fabric::Constraint {
                constraintType: kind.as_str().unwrap().parse().unwrap(),
                payload: payload.as_str().unwrap().parse().unwrap(),
            })
            .collect(),
        receivers: vectors(&vector, "receivers")
            .iter()
            .map(|receiver| {
                G1Point::from(&receiver.as_str().unwrap().parse::<PublicKey>().unwrap())
            })
            .collect(),
    };
    assert_eq!(fabric::constraints_root(message), root(&vector, "root"));
}

#[test]
fn points_are_laid_out_as_the_precompiles_want_them() {
    let file = fixture("points");
    for vector in vectors(&file, "signatures") {
        let signature: Signature = text(&vector, "compressed").parse().unwrap();
        assert_eq!(
            hex::encode_prefixed(signature.to_eip2537()),
            text(&vector, "eip2537")
        );
        let read =
            Signature::from_eip2537(&hex::decode(text(&vector, "eip2537")).unwrap()).unwrap();
        assert_eq!(read, signature);
    }
    for vector in vectors(&file, "keys") {
        let secret = SecretKey::from_bytes(&root(&vector, "secret")).unwrap();
        assert_eq!(secret.public_key(), key(&vector, "publicKey"));
    }
}

#[test]
fn beacon_domains_depend_on_purpose_fork_and_chain() {
    let base = compute_domain(DomainType::RANDAO, ForkVersion::ZERO, B256::ZERO);
    assert_ne!(
        base,
        compute_domain(DomainType::BEACON_PROPOSER, ForkVersion::ZERO, B256::ZERO)
    );
    assert_ne!(
        base,
        compute_domain(DomainType::RANDAO, ForkVersion::repeat_byte(6), B256::ZERO)
    );
    assert_ne!(
        base,
        compute_domain(DomainType::RANDAO, ForkVersion::ZERO, B256::repeat_byte(1))
    );
    // Deposits on mainnet: a value every staking tool knows.
    assert_eq!(
        compute_domain(DomainType::DEPOSIT, ForkVersion::ZERO, B256::ZERO),
        B256::new(hex!(
            "03000000f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a9"
        ))
    );
}

/// Fabric's own example: the delegation of slot 0, signed through a Commit-Boost signer under the largest nonce.
fn signed_delegation() -> fabric::SignedDelegation {
    let message = vectors(&fixture("fabric"), "delegations")[1].clone();
    let signed = vectors(&fixture("signing_roots"), "vectors")
        .into_iter()
        .find(|vector| root(vector, "objectRoot") == root(&message, "root"))
        .unwrap();
    let form = serde_json::json!({
        "message": {
            "proposer": message["proposer"],
            "delegate": message["delegate"],
            "committer": message["committer"],
            "slot": message["slot"],
            "metadata": message["metadata"],
        },
        "nonce": number(&signed, "nonce"),
        "signing_id": signed["signingId"],
        "signature": signed["signature"],
    });
    serde_json::from_value(form).unwrap()
}

#[test]
fn a_signed_delegation_of_fabric_is_read_written_and_verified() {
    let signed = signed_delegation();
    assert_eq!(signed.verify(&Chain::HOODI), Ok(()));
    let text = serde_json::to_string(&signed).unwrap();
    assert!(text.contains("\"slot\":0,") && text.contains("\"nonce\":18446744073709551614"));
    assert_eq!(
        serde_json::from_str::<fabric::SignedDelegation>(&text).unwrap(),
        signed
    );
    for (from, to) in [
        ("\"slot\":0", "\"slot\":-1"),
        ("\"slot\":0", "\"slot\":\"0x0\""),
        ("\"nonce\"", "\"extra\":1,\"nonce\""),
    ] {
        assert!(serde_json::from_str::<fabric::SignedDelegation>(&text.replace(from, to)).is_err());
    }
}

#[test]
fn no_field_of_a_signed_delegation_is_outside_the_signature() {
    let good = signed_delegation();
    let other_key = SecretKey::from_key_material(&[7; 32])
        .unwrap()
        .public_key()
        .to_bytes();
    let changes: [fn(&mut fabric::SignedDelegation); 5] = [
        |signed| signed.nonce -= 1,
        |signed| signed.signing_id = B256::ZERO,
        |signed| signed.message.slot = 1,
        |signed| signed.message.committer = Address::ZERO,
        |signed| signed.message.metadata = Bytes::from_static(b"x"),
    ];
    for change in changes {
        let mut changed = good.clone();
        change(&mut changed);
        assert!(changed.verify(&Chain::HOODI).is_err(), "{changed:?}");
    }
    for key in [other_key, PublicKeyBytes::ZERO] {
        let mut delegate = good.clone();
        delegate.message.delegate = key;
        let mut proposer = good.clone();
        proposer.message.proposer = key;
        assert!(delegate.verify(&Chain::HOODI).is_err() && proposer.verify(&Chain::HOODI).is_err());
    }
    assert!(good.verify(&Chain::SEPOLIA).is_err());
}
