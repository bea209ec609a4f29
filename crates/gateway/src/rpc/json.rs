//! The preconfirmation object as JSON text. The part all transactions of a frag share is rendered
//! once; a test compares the whole with the ordinary serialisation.

use crate::{board::Promise, promise::PublishedFrag};
use alloy_primitives::hex;
use forebond_types::LeafWire;
use serde::Serialize;
use serde_json::value::RawValue;

/// The object of one promise.
pub(super) fn preconfirmation_json(promise: &Promise) -> Option<Box<RawValue>> {
    let promised = promise.frag.transactions.get(promise.place)?;
    let shared = promise.frag.shared_json();
    let branch = promise.frag.tree.branch(promise.place)?;
    let bytes = promised.tx.raw().len() + promised.receipt_bytes.len() + promised.writes.len();
    let mut out = String::with_capacity(shared.len() + 1024 + 2 * bytes + 70 * branch.len());
    out.push_str(shared);
    field(&mut out, "leaf", &LeafWire::from(&promised.leaf));
    field(&mut out, "branch", &branch);
    for (name, value) in [
        ("transaction", promised.tx.raw()),
        ("receipt", &promised.receipt_bytes),
        ("writes", &promised.writes),
    ] {
        out.push_str(",\"");
        out.push_str(name);
        out.push_str("\":\"0x");
        out.push_str(&hex::encode(value));
        out.push('"');
    }
    out.push('}');
    RawValue::from_string(out).ok()
}

/// The fields shared by all promises of a frag, without the closing brace.
pub(crate) fn render_shared(frag: &PublishedFrag) -> String {
    let mut out = String::with_capacity(3072);
    out.push_str("{\"version\":\"0x1\"");
    let base = &frag.base;
    field(&mut out, "domain", &base.domain);
    field(
        &mut out,
        "base",
        &forebond_types::BaseWire::from(&base.base),
    );
    field(&mut out, "baseSignature", &base.signature);
    field(&mut out, "grade", &base.grade);
    if let Some(seal) = &base.parent_seal {
        field(&mut out, "parentSeal", seal);
    }
    field(
        &mut out,
        "frag",
        &forebond_types::FragWire::from(&frag.frag),
    );
    field(&mut out, "fragSignature", &frag.signature);
    field(
        &mut out,
        "blockEnv",
        &forebond_types::BlockEnvWire::from(&frag.start.opening.env),
    );
    out
}

fn field(out: &mut String, name: &str, value: &impl Serialize) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    // None of these types can fail to serialise.
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::sample;

    #[test]
    fn the_rendered_object_is_the_serialised_one() {
        for count in [1u32, 2, 5] {
            let frag = sample::frag(count);
            for place in 0..count as usize {
                let promise = Promise {
                    frag: frag.clone(),
                    place,
                };
                let rendered = preconfirmation_json(&promise).unwrap();
                let rendered: serde_json::Value = serde_json::from_str(rendered.get()).unwrap();
                let object = frag.preconfirmation(place).unwrap();
                assert_eq!(rendered, serde_json::to_value(&object).unwrap());
            }
            assert!(
                preconfirmation_json(&Promise {
                    frag,
                    place: count as usize
                })
                .is_none()
            );
        }
    }
}
