//! The preconfirmation object on its way into an answer. What all transactions of a frag share is
//! rendered once; the rest is written straight into the answer. A test compares the whole with the
//! ordinary serialisation.

use crate::{board::Promise, promise::PublishedFrag};
use alloy_primitives::{Bytes, hex};
use forebond_types::LeafWire;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};
use serde_json::value::RawValue;

/// The object of one promise; serialises to the JSON that `forebond verify` reads.
#[derive(Clone, Debug)]
pub struct PreconfirmationJson(pub Promise);

/// The fields shared by all promises of a frag, rendered.
pub(crate) struct SharedJson(Vec<(&'static str, Box<RawValue>)>);

impl std::fmt::Debug for SharedJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedJson").field(&self.0.len()).finish()
    }
}

impl SharedJson {
    /// Renders what the promises of `frag` share.
    pub(crate) fn of(frag: &PublishedFrag) -> Self {
        let base = &frag.base;
        let mut fields = Vec::with_capacity(9);
        let mut add = |name, value: serde_json::Result<Box<RawValue>>| {
            // None of these types can fail to serialise.
            fields.extend(value.ok().map(|value| (name, value)));
        };
        add(
            "version",
            raw(&format!("{:#x}", forebond_types::OBJECT_VERSION)),
        );
        add("domain", raw(&base.domain));
        add("base", raw(&forebond_types::BaseWire::from(&base.base)));
        add("baseSignature", raw(&base.signature));
        add("grade", raw(&base.grade));
        if let Some(seal) = &base.parent_seal {
            add("parentSeal", raw(seal));
        }
        add("frag", raw(&forebond_types::FragWire::from(&frag.frag)));
        add("fragSignature", raw(&frag.signature));
        add(
            "blockEnv",
            raw(&forebond_types::BlockEnvWire::from(&frag.start.opening.env)),
        );
        Self(fields)
    }

    /// Writes the fields into `map`.
    pub(super) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0
            .iter()
            .try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}

fn raw(value: &impl Serialize) -> serde_json::Result<Box<RawValue>> {
    serde_json::value::to_raw_value(value)
}

/// Bytes as prefixed hex, without the detour over a formatter.
pub(super) struct Hex<'a>(pub(super) &'a Bytes);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode_prefixed(self.0))
    }
}

/// A number as a hex quantity.
pub(super) fn quantity<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:#x}"))
}

impl Serialize for PreconfirmationJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Promise { frag, place } = &self.0;
        let promised = frag
            .transactions
            .get(*place)
            .ok_or_else(|| S::Error::custom("no such promise"))?;
        let branch = frag
            .tree
            .branch(*place)
            .ok_or_else(|| S::Error::custom("no such leaf"))?;
        let mut map = serializer.serialize_map(None)?;
        frag.shared_json().write(&mut map)?;
        map.serialize_entry("leaf", &LeafWire::from(&promised.leaf))?;
        map.serialize_entry("branch", &branch)?;
        map.serialize_entry("transaction", &Hex(promised.tx.raw()))?;
        map.serialize_entry("receipt", &Hex(&promised.receipt_bytes))?;
        map.serialize_entry("writes", &Hex(&promised.writes))?;
        map.end()
    }
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
                let rendered = serde_json::to_string(&PreconfirmationJson(promise)).unwrap();
                let rendered: serde_json::Value = serde_json::from_str(&rendered).unwrap();
                let object = frag.preconfirmation(place).unwrap();
                assert_eq!(rendered, serde_json::to_value(&object).unwrap());
            }
            let beyond = Promise {
                frag,
                place: count as usize,
            };
            assert!(serde_json::to_string(&PreconfirmationJson(beyond)).is_err());
        }
    }
}
