use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, Header, RlpDecodable, RlpEncodable};

/// The state one transaction wrote, in canonical form (R21): post-values that differ from before
/// the transaction, sorted by address and slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteSet {
    accounts: Vec<AccountWrite>,
}

/// What a transaction left behind at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountWrite {
    /// The account.
    pub address: Address,
    /// Balance, nonce and code hash, absolute.
    pub info: InfoWrite,
    /// Changed storage `(slot, value)`, ascending by slot; value zero means deleted.
    pub slots: Vec<(U256, U256)>,
}

/// The account fields after a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoWrite {
    /// None of the three fields differs; only storage does.
    Unchanged,
    /// At least one field differs; all three are given.
    Set {
        /// Nonce after the transaction.
        nonce: u64,
        /// Balance in wei after the transaction.
        balance: U256,
        /// Code hash; a 7702 designator counts as code.
        code_hash: B256,
    },
    /// The account no longer exists.
    Destroyed,
}

/// Why bytes are not a canonical write set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteSetError {
    /// Not RLP of the expected shape.
    #[error("the write set is not the RLP list of specs/messages.md: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// Decodes, but is not in the one canonical form.
    #[error("the write set is not canonical: {0}")]
    NotCanonical(&'static str),
}

#[derive(RlpEncodable, RlpDecodable)]
struct AccountRlp {
    address: Address,
    kind: u8,
    nonce: u64,
    balance: U256,
    code_hash: B256,
    slots: Vec<SlotRlp>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct SlotRlp {
    slot: U256,
    value: U256,
}

impl WriteSet {
    /// Builds the canonical set: sorts, and drops entries that say nothing.
    pub fn new(mut accounts: Vec<AccountWrite>) -> Self {
        accounts.retain(|a| a.info != InfoWrite::Unchanged || !a.slots.is_empty());
        accounts.sort_unstable_by_key(|a| a.address);
        for account in &mut accounts {
            account.slots.sort_unstable_by_key(|(slot, _)| *slot);
        }
        Self { accounts }
    }

    /// The writes, ascending by address.
    pub fn accounts(&self) -> &[AccountWrite] {
        &self.accounts
    }

    /// Canonical bytes: an RLP list of
    /// `[address, kind, nonce, balance, codeHash, [[slot, value], …]]` with kind 0 unchanged,
    /// 1 set, 2 destroyed; the three fields are zero unless kind is 1.
    pub fn encode(&self) -> Vec<u8> {
        let payload = self.accounts.iter().map(AccountWrite::rlp_length).sum();
        let mut out = Vec::with_capacity(payload + 9);
        Header {
            list: true,
            payload_length: payload,
        }
        .encode(&mut out);
        for account in &self.accounts {
            account.encode_rlp(&mut out);
        }
        out
    }

    /// keccak256 of the canonical bytes.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// Reads canonical bytes; anything else, trailing bytes included, is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, WriteSetError> {
        let mut rest = bytes;
        let raw = Vec::<AccountRlp>::decode(&mut rest)?;
        if !rest.is_empty() {
            return Err(WriteSetError::NotCanonical("bytes follow the list"));
        }
        let accounts = raw
            .into_iter()
            .map(AccountWrite::from_rlp)
            .collect::<Result<Vec<_>, _>>()?;
        if accounts
            .windows(2)
            .any(|w| matches!(w, [a, b] if a.address >= b.address))
        {
            return Err(WriteSetError::NotCanonical("addresses must ascend"));
        }
        Ok(Self { accounts })
    }
}

impl AccountWrite {
    fn parts(&self) -> (u8, u64, U256, B256) {
        match self.info {
            InfoWrite::Unchanged => (0, 0, U256::ZERO, B256::ZERO),
            InfoWrite::Set {
                nonce,
                balance,
                code_hash,
            } => (1, nonce, balance, code_hash),
            InfoWrite::Destroyed => (2, 0, U256::ZERO, B256::ZERO),
        }
    }

    fn slots_length(&self) -> usize {
        self.slots
            .iter()
            .map(|(slot, value)| {
                let inner = slot.length() + value.length();
                inner + alloy_rlp::length_of_length(inner)
            })
            .sum()
    }

    fn payload_length(&self) -> usize {
        let (kind, nonce, balance, code_hash) = self.parts();
        let slots = self.slots_length();
        self.address.length()
            + kind.length()
            + nonce.length()
            + balance.length()
            + code_hash.length()
            + slots
            + alloy_rlp::length_of_length(slots)
    }

    fn rlp_length(&self) -> usize {
        let payload = self.payload_length();
        payload + alloy_rlp::length_of_length(payload)
    }

    fn encode_rlp(&self, out: &mut Vec<u8>) {
        let (kind, nonce, balance, code_hash) = self.parts();
        Header {
            list: true,
            payload_length: self.payload_length(),
        }
        .encode(out);
        self.address.encode(out);
        kind.encode(out);
        nonce.encode(out);
        balance.encode(out);
        code_hash.encode(out);
        Header {
            list: true,
            payload_length: self.slots_length(),
        }
        .encode(out);
        for (slot, value) in &self.slots {
            Header {
                list: true,
                payload_length: slot.length() + value.length(),
            }
            .encode(out);
            slot.encode(out);
            value.encode(out);
        }
    }

    fn from_rlp(raw: AccountRlp) -> Result<Self, WriteSetError> {
        let zero = raw.nonce == 0 && raw.balance.is_zero() && raw.code_hash.is_zero();
        let info = match raw.kind {
            0 if zero && !raw.slots.is_empty() => InfoWrite::Unchanged,
            1 => InfoWrite::Set {
                nonce: raw.nonce,
                balance: raw.balance,
                code_hash: raw.code_hash,
            },
            2 if zero => InfoWrite::Destroyed,
            _ => {
                return Err(WriteSetError::NotCanonical(
                    "kind and fields contradict each other",
                ));
            }
        };
        let slots: Vec<_> = raw.slots.into_iter().map(|s| (s.slot, s.value)).collect();
        if slots.windows(2).any(|w| matches!(w, [a, b] if a.0 >= b.0)) {
            return Err(WriteSetError::NotCanonical("slots must ascend"));
        }
        Ok(Self {
            address: raw.address,
            info,
            slots,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> WriteSet {
        WriteSet::new(vec![
            AccountWrite {
                address: Address::repeat_byte(9),
                info: InfoWrite::Set {
                    nonce: 3,
                    balance: U256::from(10),
                    code_hash: B256::repeat_byte(1),
                },
                slots: vec![(U256::from(2), U256::ZERO), (U256::from(1), U256::MAX)],
            },
            AccountWrite {
                address: Address::repeat_byte(1),
                info: InfoWrite::Unchanged,
                slots: vec![],
            },
            AccountWrite {
                address: Address::repeat_byte(2),
                info: InfoWrite::Destroyed,
                slots: vec![],
            },
        ])
    }

    #[test]
    fn encoding_sorts_and_drops_what_says_nothing_and_comes_back() {
        let set = sample();
        assert_eq!(set.accounts().len(), 2);
        assert_eq!(set.accounts()[0].address, Address::repeat_byte(2));
        assert_eq!(set.accounts()[1].slots[0].0, U256::from(1));
        assert_eq!(WriteSet::decode(&set.encode()).unwrap(), set);
    }

    #[test]
    fn trailing_bytes_and_unsorted_lists_are_refused() {
        let mut bytes = sample().encode();
        bytes.push(0);
        assert!(WriteSet::decode(&bytes).is_err());
        let mut swapped = sample();
        swapped.accounts.swap(0, 1);
        assert_eq!(
            WriteSet::decode(&swapped.encode()),
            Err(WriteSetError::NotCanonical("addresses must ascend"))
        );
    }
}
