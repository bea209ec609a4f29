//! Which messages were accepted lately, by struct hash and by what travelled beside them.

use std::collections::HashMap;

use alloy_primitives::{B256, Keccak256};
use forebond_types::Envelope;

/// Copies of one message with other contents beside it that are let through. What is beside a message is not signed by
/// itself: with one copy only, whoever is quickest to alter it would keep the honest one away from everybody.
pub(crate) const MAX_VARIANTS: usize = 4;

/// Two generations of hashes: the older one goes when the younger is full or old enough.
#[derive(Debug)]
pub(crate) struct Seen {
    young: HashMap<B256, Vec<B256>>,
    old: HashMap<B256, Vec<B256>>,
    capacity: usize,
    lifetime_ms: u64,
    turned_at_ms: u64,
}

/// What is known of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Never accepted.
    New,
    /// Accepted with other contents; there is room for this copy.
    Variant,
    /// Accepted just like this, whatever its signature bytes.
    Duplicate,
    /// Accepted with as many different contents as are let through.
    TooManyVariants,
}

impl Seen {
    /// Holds at most twice `capacity` messages, each for `lifetime_ms` to twice that.
    pub(crate) fn new(capacity: usize, lifetime_ms: u64) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            capacity,
            lifetime_ms,
            turned_at_ms: 0,
        }
    }

    /// What is known of the message.
    pub(crate) fn sight(&self, struct_hash: B256, contents: B256) -> Sight {
        let known = |generation: &HashMap<B256, Vec<B256>>| {
            generation
                .get(&struct_hash)
                .map(|all| (all.contains(&contents), all.len()))
                .unwrap_or_default()
        };
        let (young, old) = (known(&self.young), known(&self.old));
        match (young.0 || old.0, young.1 + old.1) {
            (true, _) => Sight::Duplicate,
            (false, 0) => Sight::New,
            (false, MAX_VARIANTS..) => Sight::TooManyVariants,
            (false, _) => Sight::Variant,
        }
    }

    /// Remembers an accepted message.
    pub(crate) fn remember(&mut self, struct_hash: B256, contents: B256, now_ms: u64) {
        if self.young.len() >= self.capacity
            || now_ms.saturating_sub(self.turned_at_ms) >= self.lifetime_ms
        {
            self.old = std::mem::take(&mut self.young);
            self.turned_at_ms = now_ms;
        }
        let all = self.young.entry(struct_hash).or_default();
        if all.len() < MAX_VARIANTS && !all.contains(&contents) {
            all.push(contents);
        }
    }

    /// Makes room for the honest copy after these contents turned out to be false.
    pub(crate) fn forget(&mut self, struct_hash: B256, contents: B256) {
        for generation in [&mut self.young, &mut self.old] {
            if let Some(all) = generation.get_mut(&struct_hash) {
                all.retain(|known| *known != contents);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

/// Digest of what travels beside the signed message; signature bytes are no part of it.
pub(crate) fn contents_digest(envelope: &Envelope) -> B256 {
    let mut hasher = Keccak256::new();
    match envelope {
        Envelope::Base(base) => {
            if let Some(seal) = &base.parent_seal {
                hasher.update(seal.signature.as_bytes());
            }
        }
        Envelope::Frag(frag) => {
            let mut put = |bytes: &[u8]| {
                hasher.update(bytes.len().to_be_bytes());
                hasher.update(bytes);
            };
            put(&frag.start);
            for transaction in &frag.transactions {
                put(&transaction.coverage_wei.to_be_bytes());
                put(&transaction.raw);
            }
        }
        Envelope::Seal(_) => {}
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> B256 {
        B256::left_padding_from(&n.to_be_bytes())
    }

    #[test]
    fn copies_with_other_contents_pass_up_to_a_number_and_one_found_false_makes_room() {
        let mut seen = Seen::new(100, 1_000);
        assert_eq!(seen.sight(hash(1), hash(0)), Sight::New);
        for contents in 0..4 {
            seen.remember(hash(1), hash(contents), 0);
            assert_eq!(seen.sight(hash(1), hash(contents)), Sight::Duplicate);
        }
        assert_eq!(seen.sight(hash(1), hash(9)), Sight::TooManyVariants);
        seen.forget(hash(1), hash(2));
        assert_eq!(seen.sight(hash(1), hash(9)), Sight::Variant);
    }

    #[test]
    fn a_flood_of_messages_costs_bounded_memory_and_age_forgets() {
        let mut seen = Seen::new(100, 1_000);
        for n in 0..10_000 {
            seen.remember(hash(n), hash(0), 0);
            assert!(seen.len() <= 200);
        }
        assert_eq!(seen.sight(hash(9_999), hash(0)), Sight::Duplicate);
        assert_eq!(seen.sight(hash(1), hash(0)), Sight::New);
        seen.remember(hash(10_001), hash(0), 1_000);
        seen.remember(hash(10_002), hash(0), 2_000);
        assert_eq!(seen.sight(hash(9_999), hash(0)), Sight::New);
    }
}
