//! order (R19), rule 1 alone: inside one frag a tip rises, or a sender stands twice.

use std::collections::BTreeMap;

use alloy_consensus::Transaction;
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_protocol::{OrderViolation, OrderingRule, check_order};
use forebond_types::{BlockEnv, Frag, Leaf};
use op_alloy_consensus::OpTxEnvelope;

use crate::{Accusation, Accused, Attested, Judge, Promise, shapes};

/// A promised transaction with its bytes.
#[derive(Clone, Debug)]
pub struct Told {
    /// What is promised.
    pub leaf: Leaf,
    /// From the leaf up, lowest sibling first.
    pub branch: Vec<B256>,
    /// Raw EIP-2718 bytes.
    pub transaction: Bytes,
}

/// Accuses when two of the known transactions of the frag break rule 1. What is not known is not judged.
pub fn accuse(
    accused: &Accused,
    frag: &Attested<Frag>,
    env: &BlockEnv,
    known: &BTreeMap<u64, Told>,
) -> Option<Accusation> {
    let rule = OrderingRule::from_id(frag.message.orderingRule)?;
    if rule != OrderingRule::PriorityFee || frag.message.base != accused.base_hash() {
        return None;
    }
    let told: Vec<&Told> = known.values().collect();
    let tips: Vec<_> = told
        .iter()
        .map(|one| (one.leaf.sender, tip(&one.transaction, env.baseFee)))
        .collect();
    let (earlier, later) = pair(&tips, check_order(rule, &tips).err()?)?;
    let (earlier, later) = (told.get(earlier)?, told.get(later)?);
    for one in [earlier, later] {
        let promise = Promise {
            frag: frag.clone(),
            env: env.clone(),
            leaf: one.leaf,
            branch: one.branch.clone(),
        };
        promise.check().ok()?;
    }
    let evidence = abi::OrderEvidence {
        accused: accused.shape(),
        frag: shapes::frag(&frag.message),
        signature: frag.signature.clone(),
        env: shapes::env(env),
        earlier: shapes::leaf(&earlier.leaf),
        earlierBranch: earlier.branch.clone(),
        earlierTransaction: earlier.transaction.clone(),
        later: shapes::leaf(&later.leaf),
        laterBranch: later.branch.clone(),
        laterTransaction: later.transaction.clone(),
    };
    Some(Accusation::safety(Judge::Order, accused, &evidence))
}

/// Places of the two transactions that break the rule, the earlier one first.
fn pair(tips: &[(Address, Option<u128>)], violation: OrderViolation) -> Option<(usize, usize)> {
    let (OrderViolation::TipAscends { place } | OrderViolation::SenderTwice { place }) = violation;
    let (sender, _) = tips.get(place)?;
    let before = tips.get(..place)?;
    let earlier = match violation {
        OrderViolation::TipAscends { .. } => before.iter().rposition(|(_, tip)| tip.is_some()),
        OrderViolation::SenderTwice { .. } => before
            .iter()
            .rposition(|(other, tip)| other == sender && tip.is_some()),
    };
    Some((earlier?, place))
}

/// Effective tip, wei per gas; `None` for deposits and for what no block may hold: neither is a question of order.
fn tip(transaction: &[u8], base_fee_wei: u64) -> Option<u128> {
    match OpTxEnvelope::decode_2718_exact(transaction).ok()? {
        OpTxEnvelope::Deposit(_) => None,
        other => other.effective_tip_per_gas(base_fee_wei),
    }
}
