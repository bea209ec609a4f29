//! The text of a preconfirmation: one canonical form, and no field that could be changed in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod example;

use example::{Draft, address, gateway_key, predecessor_key, text};
use forebond_protocol::{Verifier, VerifyError, verify_json};
use forebond_types::{Preconfirmation, Signature};
use serde_json::Value;
use std::collections::BTreeMap;

fn verifier() -> Verifier {
    Verifier::new(address(&gateway_key())).after(address(&predecessor_key()))
}

fn complaint(text: &str) -> String {
    let error = match verify_json(text, &mut verifier()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    };
    match error {
        VerifyError::Json(_) => "json".into(),
        VerifyError::NotCanonical => "not canonical".into(),
        VerifyError::Mismatch { what, .. } => what.into(),
        VerifyError::Signer { what, .. } | VerifyError::Signature { what, .. } => {
            format!("signature of {what}")
        }
        VerifyError::Decode { what, .. } => format!("decode {what}"),
    }
}

/// The pointer of every value that is not an object or a list, with list positions left out.
fn fields(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => {
            let name = at.split('/').filter(|part| part.parse::<usize>().is_err());
            found.push((
                at.into(),
                name.collect::<Vec<_>>().join(".").trim_matches('.').into(),
            ));
            return;
        }
    };
    for (key, child) in children {
        fields(child, &format!("{at}/{key}"), found);
    }
}

/// Another value of the same shape: the last hex digit, the boolean or the word changes.
fn another(value: &Value) -> Value {
    match value {
        Value::Bool(bit) => Value::Bool(!bit),
        Value::String(word) if word == "sealed" => "open".into(),
        Value::String(hex) => {
            let (head, last) = hex.split_at(hex.len() - 1);
            // The last byte of a signature is 27 or 28, so both ends of the digit must stay legal.
            let digit = match last {
                "b" => "c",
                "c" => "b",
                "1" => "2",
                _ => "1",
            };
            format!("{head}{digit}").into()
        }
        other => panic!("no value of the object is {other}"),
    }
}

/// Which check each field answers to. A new field of the object needs a line here.
const FIELDS: &[(&str, &str)] = &[
    ("version", "version"),
    ("domain.l1ChainId", "signature of base"),
    ("domain.inbox", "signature of base"),
    ("base.window", "frag.base"),
    ("base.attempt", "frag.base"),
    ("base.parentBlock", "frag.base"),
    ("base.parentBlockHash", "frag.base"),
    ("base.parentFrag", "frag.base"),
    ("base.parentSeal", "frag.base"),
    ("baseSignature", "signature of base"),
    ("grade", "grade sealed"),
    ("parentSeal.seal.base", "base.parentSeal"),
    ("parentSeal.seal.blockNumber", "base.parentSeal"),
    ("parentSeal.seal.blockHash", "base.parentSeal"),
    ("parentSeal.seal.lastSequence", "base.parentSeal"),
    ("parentSeal.seal.lastFrag", "base.parentSeal"),
    ("parentSeal.seal.endOfWindow", "base.parentSeal"),
    ("parentSeal.signature", "signature of parent seal"),
    ("frag.base", "frag.base"),
    ("frag.blockNumber", "frag.blockNumber"),
    ("frag.sequence", "signature of frag"),
    ("frag.previousFrag", "frag.previousFrag"),
    ("frag.timestamp", "signature of frag"),
    ("frag.l1OriginNumber", "signature of frag"),
    ("frag.l1OriginHash", "signature of frag"),
    ("frag.issuedAtMs", "signature of frag"),
    ("frag.firstTransaction", "frag.firstTransaction"),
    ("frag.transactionCount", "signature of frag"),
    ("frag.promisesRoot", "signature of frag"),
    ("frag.gasUsed", "signature of frag"),
    ("frag.windowCoverage", "signature of frag"),
    ("frag.orderingRule", "signature of frag"),
    ("frag.blockEnv", "frag.blockEnv"),
    ("fragSignature", "signature of frag"),
    ("blockEnv.coinbase", "frag.blockEnv"),
    ("blockEnv.gasLimit", "frag.blockEnv"),
    ("blockEnv.baseFee", "frag.blockEnv"),
    ("blockEnv.prevRandao", "frag.blockEnv"),
    ("blockEnv.parentBeaconRoot", "frag.blockEnv"),
    ("blockEnv.extraDataHash", "frag.blockEnv"),
    ("leaf.index", "frag.promisesRoot"),
    ("leaf.txHash", "frag.promisesRoot"),
    ("leaf.sender", "frag.promisesRoot"),
    ("leaf.receiptHash", "frag.promisesRoot"),
    ("leaf.writesHash", "frag.promisesRoot"),
    ("leaf.coverage", "frag.promisesRoot"),
    ("branch", "frag.promisesRoot"),
    ("transaction", "leaf.txHash"),
    ("receipt", "leaf.receiptHash"),
    ("writes", "leaf.writesHash"),
];

#[test]
fn every_field_that_is_changed_is_noticed_by_its_own_check() {
    let object = serde_json::to_value(Draft::sealed().object(1)).unwrap();
    let mut found = vec![];
    fields(&object, "", &mut found);
    let table: BTreeMap<_, _> = FIELDS.iter().copied().collect();
    for (pointer, name) in &found {
        let expected = table
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} has no line in FIELDS"));
        let mut changed = object.clone();
        let value = changed.pointer_mut(pointer).unwrap();
        *value = another(value);
        assert_eq!(complaint(&changed.to_string()), *expected, "{pointer}");
    }
    for (name, _) in FIELDS {
        assert!(
            found.iter().any(|(_, found)| found == name),
            "{name} is no field of the object"
        );
    }
}

#[test]
fn a_longer_or_shorter_branch_is_refused() {
    let object = Draft::first().object(1);
    let mut longer = object.clone();
    longer.branch.push(alloy_primitives::B256::ZERO);
    assert_eq!(complaint(&text(&longer)), "branch length");
    let mut shorter = object;
    shorter.branch.pop();
    assert_eq!(complaint(&text(&shorter)), "branch length");
}

/// One flipped bit anywhere makes the object invalid, whether or not the frag was seen before.
#[test]
fn no_bit_of_the_text_can_be_flipped() {
    let object = Draft::first().object(1);
    let text = text(&object);
    let mut verifier = verifier();
    verify_json(&text, &mut verifier).unwrap();
    let mut accepted = vec![];
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else {
                continue;
            };
            if verify_json(&flipped, &mut verifier).is_ok() {
                accepted.push((at, bit, flipped[at.saturating_sub(20)..=at].to_owned()));
            }
        }
    }
    assert!(
        accepted.is_empty(),
        "still valid after a flip: {accepted:?}"
    );
}

#[test]
fn the_text_comes_back_byte_for_byte_and_white_space_does_not_matter() {
    for draft in [Draft::first(), Draft::sealed()] {
        let object = draft.object(2);
        let canonical = text(&object);
        let (read, _) = verify_json(&canonical, &mut verifier()).unwrap();
        assert_eq!((&read, text(&read)), (&object, canonical));
        let pretty = serde_json::to_string_pretty(&object).unwrap();
        verify_json(&pretty, &mut verifier()).unwrap();
    }
}

#[test]
fn upper_case_hex_leading_zeros_and_bare_numbers_are_not_canonical() {
    let text = text(&Draft::sealed().object(1));
    let object: Value = serde_json::from_str(&text).unwrap();
    let mut found = vec![];
    fields(&object, "", &mut found);
    let mut tried = 0;
    for (pointer, _) in &found {
        let Some(hex) = object.pointer(pointer).and_then(Value::as_str) else {
            continue;
        };
        let Some(digits) = hex.strip_prefix("0x") else {
            continue;
        };
        let short = digits.len() < 40;
        let number = u64::from_str_radix(digits, 16).ok().filter(|_| short);
        let spellings = [
            Some(Value::from(format!("0x{}", digits.to_uppercase()))).filter(|v| v != hex),
            Some(Value::from(format!("0X{digits}"))),
            Some(Value::from(digits)),
            Some(Value::from(format!(" {hex}"))),
            Some(Value::from(format!("0x0{digits}"))),
            number.map(Value::from),
            number.map(|number| Value::from(number.to_string())),
            number
                .filter(|number| *number == 0)
                .map(|_| Value::from("0x")),
            Some(Value::Null),
        ];
        for spelling in spellings.into_iter().flatten() {
            let mut other = object.clone();
            *other.pointer_mut(pointer).unwrap() = spelling.clone();
            let complaint = complaint(&other.to_string());
            assert!(
                matches!(complaint.as_str(), "json" | "not canonical"),
                "{pointer} = {spelling}: {complaint}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "only {tried} spellings tried");
}

#[test]
fn a_field_that_is_missing_extra_or_twice_is_refused_at_every_level() {
    let object = serde_json::to_value(Draft::sealed().object(1)).unwrap();
    for level in [
        "",
        "/domain",
        "/base",
        "/parentSeal",
        "/parentSeal/seal",
        "/frag",
        "/blockEnv",
        "/leaf",
    ] {
        let keys: Vec<_> = object
            .pointer(level)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        for key in keys {
            let mut without = object.clone();
            let removed = without
                .pointer_mut(level)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(&key)
                .unwrap();
            let expected = if key == "parentSeal" && level.is_empty() {
                "parentSeal present"
            } else {
                "json"
            };
            assert_eq!(
                complaint(&without.to_string()),
                expected,
                "{level} without {key}"
            );

            // Put the member in front of its object a second time, textually.
            let place = serde_json::to_string(object.pointer(level).unwrap()).unwrap();
            let member = format!("{{{}:{removed},", Value::from(key.as_str()));
            let twice = object
                .to_string()
                .replacen(&place, &place.replacen('{', &member, 1), 1);
            assert_ne!(twice, object.to_string());
            assert_eq!(complaint(&twice), "json", "{level} with {key} twice");
        }
        let mut extra = object.clone();
        extra.pointer_mut(level).unwrap()["note"] = Value::from("trust me");
        assert_eq!(
            complaint(&extra.to_string()),
            "json",
            "{level} with an extra field"
        );
    }
    let mut absent = serde_json::to_value(Draft::first().object(1)).unwrap();
    absent["parentSeal"] = Value::Null;
    assert_eq!(
        complaint(&absent.to_string()),
        "not canonical",
        "an absent seal is left out, not null"
    );
}

/// The malleable twin (r, n - s, other v) recovers the same signer and must still be refused.
#[test]
fn the_malleable_twin_of_a_signature_is_refused() {
    let order = alloy_primitives::U256::from_be_bytes(alloy_primitives::hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let object: Preconfirmation = Draft::first().object(1);
    let twin = |signature: &Signature| {
        let mut bytes = *signature.as_bytes();
        let s = alloy_primitives::U256::from_be_slice(&bytes[32..64]);
        bytes[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
        bytes[64] = 27 + 28 - bytes[64];
        alloy_primitives::hex::encode_prefixed(bytes)
    };
    for (field, signature) in [
        ("baseSignature", object.base_signature),
        ("fragSignature", object.frag_signature),
    ] {
        let mut value = serde_json::to_value(&object).unwrap();
        value[field] = Value::from(twin(&signature));
        assert_eq!(complaint(&value.to_string()), "json", "{field}");
    }
}

#[test]
fn what_is_no_object_at_all_is_refused() {
    let good = text(&Draft::first().object(1));
    for bad in ["", "{}", "[]", "null", "0x", "{\"version\":\"0x1\"}"] {
        assert_eq!(complaint(bad), "json", "{bad}");
    }
    assert_eq!(complaint(&format!("{good}{good}")), "json");
    assert_eq!(complaint(&format!("{good} x")), "json");
    assert_eq!(complaint(&good[..good.len() - 1]), "json");
}
