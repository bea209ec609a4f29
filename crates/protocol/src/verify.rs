//! Offline verification of a preconfirmation: everything a holder can check without any server.

use crate::{OrderingRule, branch_root};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_eips::{Decodable2718, Typed2718};
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_types::{
    Base, BlockEnv, Domain, Frag, Grade, Leaf, OBJECT_VERSION, Preconfirmation, Seal, Signature,
    WriteSet,
};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use std::collections::VecDeque;

/// Signatures the verifier remembers, so that a frag shared by many promises is recovered once.
const REMEMBERED: usize = 1024;

/// Why an object is not a valid preconfirmation.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not the JSON object of `specs/messages.md`.
    #[error("not a preconfirmation object: {0}")]
    Json(#[from] serde_json::Error),
    /// Parses, but is written in another than the canonical form.
    #[error(
        "the object is not in canonical form (lower-case hex, no leading zeros, no extra fields)"
    )]
    NotCanonical,
    /// A field that contradicts another one.
    #[error("{what}: expected {expected}, got {got}")]
    Mismatch {
        /// The field.
        what: &'static str,
        /// What the rest of the object requires.
        expected: String,
        /// What it holds.
        got: String,
    },
    /// A signature by somebody else.
    #[error("the {what} is signed by {got}, not by the gateway {expected}")]
    Signer {
        /// Which message.
        what: &'static str,
        /// The expected signer.
        expected: Address,
        /// The recovered one.
        got: Address,
    },
    /// A signature that recovers nobody.
    #[error("the {what}'s signature is invalid: {reason}")]
    Signature {
        /// Which message.
        what: &'static str,
        /// What is wrong.
        reason: forebond_types::SignatureError,
    },
    /// Bytes that do not decode.
    #[error("the {what} does not decode: {reason}")]
    Decode {
        /// Which field.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// What a valid preconfirmation promises.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The promised transaction.
    pub tx_hash: B256,
    /// Its sender.
    pub sender: Address,
    /// Block it is in.
    pub block_number: u64,
    /// Index in that block.
    pub index: u64,
    /// Sequence of its frag under the base.
    pub sequence: u32,
    /// Whether execution succeeded.
    pub success: bool,
    /// Gas used in the block up to and with this transaction.
    pub cumulative_gas_used: u64,
    /// Number of logs.
    pub logs: usize,
    /// Wei owed, doubled, if the promise is not kept.
    pub coverage_wei: u128,
    /// What the turn's parent rests on.
    pub grade: Grade,
    /// When the gateway says it issued the frag, Unix milliseconds.
    pub issued_at_ms: u64,
    /// State after the transaction, where it differs.
    pub writes: WriteSet,
}

/// Checks preconfirmations of one gateway; remembers frags whose signature it has recovered.
#[derive(Clone, Debug)]
pub struct Verifier {
    gateway: Address,
    predecessor: Option<Address>,
    posted: Option<(u64, B256)>,
    domain: Option<Domain>,
    seen: VecDeque<(B256, Signature)>,
}

fn same<T: PartialEq + std::fmt::Display>(
    what: &'static str,
    expected: T,
    got: T,
) -> Result<(), VerifyError> {
    if expected == got {
        return Ok(());
    }
    Err(VerifyError::Mismatch {
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    })
}

impl Verifier {
    /// A verifier for promises signed by `gateway`.
    pub const fn new(gateway: Address) -> Self {
        Self {
            gateway,
            predecessor: None,
            posted: None,
            domain: None,
            seen: VecDeque::new(),
        }
    }

    /// Also requires this domain (L1 chain and Inbox).
    pub const fn in_domain(mut self, domain: Domain) -> Self {
        self.domain = Some(domain);
        self
    }

    /// The predecessor whose end-of-window seal a `sealed` base may rest on.
    pub const fn after(mut self, predecessor: Address) -> Self {
        self.predecessor = Some(predecessor);
        self
    }

    /// A rollup block that stands in the Inbox, as the holder sees L1: what a `posted` base may rest
    /// on. The grade itself is not signed, so without this only the genesis block counts as posted.
    pub const fn on_posted(mut self, block: u64, block_hash: B256) -> Self {
        self.posted = Some((block, block_hash));
        self
    }

    /// Checks an object completely, the sender's signature on the transaction included.
    pub fn verify(&mut self, object: &Preconfirmation) -> Result<Verified, VerifyError> {
        self.check(object, None)
    }

    /// As [`Self::verify`] for a holder that signed the transaction itself: its hash and sender are
    /// compared instead of recovering the sender again.
    pub fn verify_own(
        &mut self,
        object: &Preconfirmation,
        tx_hash: B256,
        sender: Address,
    ) -> Result<Verified, VerifyError> {
        self.check(object, Some((tx_hash, sender)))
    }

    fn check(
        &mut self,
        object: &Preconfirmation,
        own: Option<(B256, Address)>,
    ) -> Result<Verified, VerifyError> {
        same("version", OBJECT_VERSION, object.version)?;
        if let Some(domain) = self.domain {
            same(
                "domain.l1ChainId",
                domain.l1_chain_id,
                object.domain.l1_chain_id,
            )?;
            same("domain.inbox", domain.inbox, object.domain.inbox)?;
        }
        let base = Base::from(&object.base);
        let frag = Frag::from(&object.frag);
        let leaf = Leaf::from(&object.leaf);
        same("frag.base", base.eip712_hash_struct(), frag.base)?;
        let env = BlockEnv::from(&object.block_env);
        same("frag.blockEnv", env.eip712_hash_struct(), frag.blockEnv)?;
        check_chain(&base, &frag)?;
        let separator = object.domain.separator();
        self.signer("base", separator, frag.base, object.base_signature)?;
        self.grade(object, &base, separator)?;
        let frag_hash = frag.eip712_hash_struct();
        self.signer("frag", separator, frag_hash, object.frag_signature)?;
        check_leaf(object, &frag, &leaf)?;
        let transaction_type = check_transaction(object, &leaf, own)?;
        same(
            "leaf.receiptHash",
            keccak256(&object.receipt),
            leaf.receipt_hash,
        )?;
        let receipt = decode_receipt(object)?;
        if let Some(transaction_type) = transaction_type {
            same("receipt type", transaction_type, receipt.ty())?;
        }
        let cumulative_gas_used = receipt.cumulative_gas_used();
        if cumulative_gas_used > frag.gasUsed {
            return Err(VerifyError::Mismatch {
                what: "receipt.cumulativeGasUsed",
                expected: format!("at most frag.gasUsed {}", frag.gasUsed),
                got: cumulative_gas_used.to_string(),
            });
        }
        same(
            "leaf.writesHash",
            keccak256(&object.writes),
            leaf.writes_hash,
        )?;
        let writes = WriteSet::decode(&object.writes).map_err(|e| VerifyError::Decode {
            what: "writes",
            reason: e.to_string(),
        })?;
        Ok(Verified {
            tx_hash: leaf.tx_hash,
            sender: leaf.sender,
            block_number: frag.blockNumber,
            index: leaf.index,
            sequence: frag.sequence,
            success: receipt.status(),
            cumulative_gas_used,
            logs: receipt.logs().len(),
            coverage_wei: leaf.coverage,
            grade: object.grade,
            issued_at_ms: frag.issuedAtMs,
            writes,
        })
    }

    fn signer(
        &mut self,
        what: &'static str,
        separator: B256,
        struct_hash: B256,
        signature: Signature,
    ) -> Result<(), VerifyError> {
        let digest = Domain::digest_of(separator, struct_hash);
        if self.seen.contains(&(digest, signature)) {
            return Ok(());
        }
        let got = signature
            .recover(digest)
            .map_err(|reason| VerifyError::Signature { what, reason })?;
        if got != self.gateway {
            return Err(VerifyError::Signer {
                what,
                expected: self.gateway,
                got,
            });
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_back();
        }
        self.seen.push_front((digest, signature));
        Ok(())
    }

    /// The grade must agree with the base, and a sealed one brings its seal (R5).
    fn grade(
        &self,
        object: &Preconfirmation,
        base: &Base,
        separator: B256,
    ) -> Result<(), VerifyError> {
        let sealed = !base.parentSeal.is_zero();
        same("grade sealed", sealed, object.grade == Grade::Sealed)?;
        same("parentSeal present", sealed, object.parent_seal.is_some())?;
        if base.parentBlock == 0 {
            same(
                "grade posted (parent is genesis)",
                true,
                object.grade == Grade::Posted,
            )?;
        } else if object.grade == Grade::Posted
            && self.posted != Some((base.parentBlock, base.parentBlockHash))
        {
            return Err(VerifyError::Mismatch {
                what: "grade posted",
                expected: "a parent block known to be in the Inbox; look it up on L1".into(),
                got: format!(
                    "block {} with hash {}",
                    base.parentBlock, base.parentBlockHash
                ),
            });
        }
        let Some(parent) = &object.parent_seal else {
            return Ok(());
        };
        let seal = Seal::from(&parent.seal);
        same(
            "base.parentSeal",
            seal.eip712_hash_struct(),
            base.parentSeal,
        )?;
        same("parentSeal.endOfWindow", true, seal.endOfWindow)?;
        same("parentSeal.blockNumber", base.parentBlock, seal.blockNumber)?;
        same("parentSeal.blockHash", base.parentBlockHash, seal.blockHash)?;
        same("parentSeal.lastFrag", base.parentFrag, seal.lastFrag)?;
        let Some(expected) = self.predecessor else {
            return Err(VerifyError::Mismatch {
                what: "predecessor",
                expected: "the previous gateway's address, to check the parent seal".into(),
                got: "none".into(),
            });
        };
        let got = parent
            .signature
            .recover(Domain::digest_of(separator, base.parentSeal))
            .map_err(|reason| VerifyError::Signature {
                what: "parent seal",
                reason,
            })?;
        if got != expected {
            return Err(VerifyError::Signer {
                what: "parent seal",
                expected,
                got,
            });
        }
        Ok(())
    }
}

/// Checks the text of an object: strict JSON in canonical form, then everything
/// [`Verifier::verify`] checks. Returns the object, too.
pub fn verify_json(
    text: &str,
    verifier: &mut Verifier,
) -> Result<(Preconfirmation, Verified), VerifyError> {
    let object: Preconfirmation = serde_json::from_str(text)?;
    let given: serde_json::Value = serde_json::from_str(text)?;
    if serde_json::to_value(&object)? != given {
        return Err(VerifyError::NotCanonical);
    }
    let verified = verifier.verify(&object)?;
    Ok((object, verified))
}

/// The frag's place in the chain, as far as one frag shows it.
fn check_chain(base: &Base, frag: &Frag) -> Result<(), VerifyError> {
    if frag.sequence == 0 {
        same("frag.previousFrag", frag.base, frag.previousFrag)?;
        same(
            "frag.blockNumber",
            base.parentBlock.saturating_add(1),
            frag.blockNumber,
        )?;
        same("frag.firstTransaction", 0, frag.firstTransaction)?;
    }
    if frag.blockNumber <= base.parentBlock {
        return Err(VerifyError::Mismatch {
            what: "frag.blockNumber",
            expected: format!("above base.parentBlock {}", base.parentBlock),
            got: frag.blockNumber.to_string(),
        });
    }
    if OrderingRule::from_id(frag.orderingRule).is_none() {
        return Err(VerifyError::Mismatch {
            what: "frag.orderingRule",
            expected: "0 (arrival) or 1 (priority fee)".into(),
            got: frag.orderingRule.to_string(),
        });
    }
    Ok(())
}

fn check_leaf(object: &Preconfirmation, frag: &Frag, leaf: &Leaf) -> Result<(), VerifyError> {
    let place = leaf
        .index
        .checked_sub(u64::from(frag.firstTransaction))
        .and_then(|place| u32::try_from(place).ok())
        .filter(|place| *place < frag.transactionCount);
    let Some(place) = place else {
        return Err(VerifyError::Mismatch {
            what: "leaf.index",
            expected: format!(
                "{} transactions from {}",
                frag.transactionCount, frag.firstTransaction
            ),
            got: leaf.index.to_string(),
        });
    };
    match branch_root(leaf.hash(), place, frag.transactionCount, &object.branch) {
        Some(root) => same("frag.promisesRoot", frag.promisesRoot, root),
        None => Err(VerifyError::Mismatch {
            what: "branch length",
            expected: format!("the depth of a tree of {} leaves", frag.transactionCount),
            got: object.branch.len().to_string(),
        }),
    }?;
    if leaf.coverage > frag.windowCoverage {
        return Err(VerifyError::Mismatch {
            what: "leaf.coverage",
            expected: format!("at most frag.windowCoverage {}", frag.windowCoverage),
            got: leaf.coverage.to_string(),
        });
    }
    Ok(())
}

/// Returns the transaction's type, unless its holder knows the transaction anyway.
fn check_transaction(
    object: &Preconfirmation,
    leaf: &Leaf,
    own: Option<(B256, Address)>,
) -> Result<Option<u8>, VerifyError> {
    same("leaf.txHash", keccak256(&object.transaction), leaf.tx_hash)?;
    if let Some((hash, sender)) = own {
        same("transaction", hash, leaf.tx_hash)?;
        same("leaf.sender", sender, leaf.sender)?;
        return Ok(None);
    }
    let reason = |e: &dyn std::fmt::Display| VerifyError::Decode {
        what: "transaction",
        reason: e.to_string(),
    };
    let transaction =
        OpTxEnvelope::decode_2718_exact(&object.transaction).map_err(|e| reason(&e))?;
    let sender = transaction.recover_signer().map_err(|e| reason(&e))?;
    same("leaf.sender", sender, leaf.sender)?;
    Ok(Some(transaction.ty()))
}

fn decode_receipt(object: &Preconfirmation) -> Result<OpReceiptEnvelope, VerifyError> {
    OpReceiptEnvelope::decode_2718_exact(&object.receipt).map_err(|e| VerifyError::Decode {
        what: "receipt",
        reason: e.to_string(),
    })
}
