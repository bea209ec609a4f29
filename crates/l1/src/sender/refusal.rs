use crate::L1Error;

/// What a node's pool means by refusing a transaction. Nodes agree on hardly a word, so the usual ones are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolRefusal {
    /// It has this very transaction: as good as accepted.
    AlreadyKnown,
    /// Another one with this nonce waits, and ours does not offer enough more.
    ReplacementUnderpriced,
    /// The nonce is in a block already.
    NonceTooLow,
    /// The account cannot pay.
    InsufficientFunds,
    /// The account has transactions of the other kind waiting.
    OtherKindPending,
    /// Anything else: the transaction itself is wrong.
    Invalid,
}

impl PoolRefusal {
    /// Reads a node's answer; `None` when it is not a refusal but a failure to ask.
    pub fn of(error: &L1Error) -> Option<Self> {
        let L1Error::Refused { message, .. } = error else {
            return None;
        };
        let message = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        Some(
            if says(&[
                "already known",
                "already imported",
                "known transaction",
                "alreadyknown",
            ]) {
                Self::AlreadyKnown
            } else if says(&[
                "replacement",
                "underpriced",
                "too low to replace",
                "fee too low",
            ]) {
                Self::ReplacementUnderpriced
            } else if says(&[
                "nonce too low",
                "nonce is too low",
                "oldnonce",
                "nonce_too_low",
            ]) {
                Self::NonceTooLow
            } else if says(&[
                "insufficient funds",
                "insufficient balance",
                "insufficientfunds",
            ]) {
                Self::InsufficientFunds
            } else if says(&["address already reserved", "conflicting pool"]) {
                Self::OtherKindPending
            } else {
                Self::Invalid
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> L1Error {
        L1Error::Refused {
            what: "eth_sendRawTransaction".to_owned(),
            code: -32000,
            message: message.to_owned(),
            data: None,
        }
    }

    #[test]
    fn the_words_of_known_nodes_are_understood() {
        for (message, meaning) in [
            ("already known", PoolRefusal::AlreadyKnown),
            ("transaction already imported", PoolRefusal::AlreadyKnown),
            (
                "replacement transaction underpriced",
                PoolRefusal::ReplacementUnderpriced,
            ),
            (
                "nonce too low: next nonce 5, tx nonce 4",
                PoolRefusal::NonceTooLow,
            ),
            (
                "insufficient funds for gas * price + value",
                PoolRefusal::InsufficientFunds,
            ),
            ("address already reserved", PoolRefusal::OtherKindPending),
            ("intrinsic gas too low", PoolRefusal::Invalid),
        ] {
            assert_eq!(
                PoolRefusal::of(&refused(message)),
                Some(meaning),
                "{message}"
            );
        }
        assert_eq!(
            PoolRefusal::of(&L1Error::Timeout {
                what: String::new(),
                after_ms: 1
            }),
            None
        );
    }
}
