//! Counts errors by what they say, so that a million refusals are one line.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Texts told apart; the rest is counted together.
const MAX_TEXTS: usize = 64;
const OTHERS: &str = "other errors";

/// How often one kind of error came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// Its text, with every number and hash replaced by `N`.
    pub text: String,
    /// How often.
    pub count: u64,
}

/// Errors by text.
#[derive(Clone, Debug, Default)]
pub(crate) struct ErrorTally(BTreeMap<String, u64>);

impl ErrorTally {
    /// Counts one.
    pub(crate) fn count(&mut self, text: &str) {
        self.add(without_numbers(text), 1);
    }

    /// Adds all of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        other
            .0
            .into_iter()
            .for_each(|(text, count)| self.add(text, count));
    }

    /// All of them.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The most frequent ones first.
    pub(crate) fn most_frequent(self, at_most: usize) -> Vec<ErrorCount> {
        let mut all: Vec<_> = self
            .0
            .into_iter()
            .map(|(text, count)| ErrorCount { text, count })
            .collect();
        all.sort_by_key(|error| std::cmp::Reverse(error.count));
        all.truncate(at_most);
        all
    }

    fn add(&mut self, text: String, count: u64) {
        let known = self.0.len() < MAX_TEXTS || self.0.contains_key(&text);
        *self
            .0
            .entry(if known { text } else { OTHERS.into() })
            .or_default() += count;
    }
}

/// Replaces every word that begins with a digit.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_word, mut in_number) = (false, false);
    for c in text.chars() {
        if !c.is_alphanumeric() {
            (in_word, in_number) = (false, false);
        } else if !in_word {
            in_word = true;
            in_number = c.is_ascii_digit();
            if in_number {
                out.push('N');
            }
        }
        if !in_number {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_numbers_only_are_one_kind() {
        let mut tally = ErrorTally::default();
        tally.count("nonce too low: next nonce 5, tx nonce 0x4 (account 0xAbC)");
        tally.count("nonce too low: next nonce 17, tx nonce 0x9 (account 0xdEf)");
        tally.count("tip below the quoted minimum");
        assert_eq!(tally.total(), 3);
        let top = tally.most_frequent(1);
        assert_eq!(
            top[0].text,
            "nonce too low: next nonce N, tx nonce N (account N)"
        );
        assert_eq!(top[0].count, 2);
    }

    #[test]
    fn a_server_that_invents_texts_does_not_fill_memory() {
        let mut tally = ErrorTally::default();
        for i in 0..10_000u32 {
            let letters: String = i.to_string().bytes().map(|b| char::from(b + 49)).collect();
            tally.count(&letters);
        }
        assert_eq!(tally.total(), 10_000);
        assert_eq!(tally.most_frequent(1_000).len(), MAX_TEXTS + 1);
    }
}
