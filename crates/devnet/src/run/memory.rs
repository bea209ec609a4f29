//! How much memory processes hold.

use std::collections::BTreeMap;

use crate::{
    children::{Children, resident_kib},
    report::Memory,
};

/// Name of this process in the report.
const OWN_NAME: &str = "devnet";

/// Resident memory of all processes, this one included.
pub(super) fn resident(children: &Children) -> BTreeMap<String, u64> {
    let mut all = children.memory_kib();
    if let Some(kib) = resident_kib(std::process::id()) {
        all.insert(OWN_NAME.to_owned(), kib);
    }
    all
}

/// The same at two times, by name.
pub(super) fn memories(
    start: &BTreeMap<String, u64>,
    end: &BTreeMap<String, u64>,
) -> BTreeMap<String, Memory> {
    let of = |all: &BTreeMap<String, u64>, name: &str| all.get(name).copied().unwrap_or_default();
    start
        .keys()
        .chain(end.keys())
        .map(|name| {
            let memory = Memory {
                start: of(start, name),
                end: of(end, name),
            };
            (name.clone(), memory)
        })
        .collect()
}
