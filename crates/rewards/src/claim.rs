//! Taking one's rewards.

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::RewardsManager, explain};
use forebond_l1::{
    L1Error,
    sender::{FeePolicy, Lane, LaneConfig, Outgoing, SendError},
};
use serde::Serialize;

use crate::{
    book::Pot,
    rollup::{Manager, RewardsError, Scan},
};

/// Until a transaction is in a sealed block, milliseconds.
const LANDS_WITHIN_MS: u64 = 60_000;

/// Why nothing was paid.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The rollup does not tell.
    #[error(transparent)]
    Rewards(#[from] RewardsError),
    /// Nothing to take.
    #[error(
        "{account} can claim nothing now; {}",
        match opens_at_s {
            Some(at) => format!("its next rewards open at {at} (Unix seconds)"),
            None => "`forebond rewards show` says who can".to_owned(),
        }
    )]
    Nothing {
        /// Who asked.
        account: Address,
        /// When its next pot opens.
        opens_at_s: Option<u64>,
    },
    /// The transaction did not land.
    #[error("{what}: {error}; is there ether for the fee, and does the node take transactions?")]
    Send {
        /// Which.
        what: &'static str,
        /// Why not.
        error: SendError,
    },
    /// The manager refuses.
    #[error("{what} was refused: {reason}")]
    Refused {
        /// Which.
        what: &'static str,
        /// In words.
        reason: String,
    },
}

/// What was taken.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Whose credit.
    pub account: Address,
    /// Where it went.
    pub to: Address,
    /// How much, wei, in decimals.
    pub paid_wei: String,
    /// Pots that were opened for it.
    pub released: Vec<Pot>,
    /// The transaction that paid.
    pub transaction: B256,
}

/// Opens the pots of the signer's account whose time has come, and has all its credit paid to `to`. `most_chunks` bounds what is
/// read of the chain: 5,000 blocks each.
///
/// # Errors
/// [`ClaimError`]. What was released stays released: ask again.
pub async fn claim(
    manager: &Manager,
    signer: PrivateKeySigner,
    to: Option<Address>,
    most_chunks: usize,
) -> Result<Taken, ClaimError> {
    let account = signer.address();
    let to = to.unwrap_or(account);
    let mut scan = Scan::default();
    scan.go_on(manager, most_chunks).await?;
    let head = manager.client().head().await.map_err(RewardsError::from)?;
    let own: Vec<Pot> = scan
        .book()
        .statements()
        .into_iter()
        .filter(|((_, whose), _)| *whose == account)
        .flat_map(|(_, statement)| statement.pots)
        .filter(|pot| !pot.forfeited && !pot.amount_wei.is_zero())
        .collect();
    let lane = LaneConfig {
        fees: FeePolicy {
            min_tip_wei: 1_000_000,
            ..FeePolicy::default()
        },
        poll_ms: 250,
        bump_after_ms: 10_000,
        ..LaneConfig::default()
    };
    let mut lane = Lane::new(manager.client().clone(), signer, lane)
        .await
        .map_err(RewardsError::from)?;
    let mut released = Vec::new();
    for pot in own.iter().filter(|pot| pot.opens_at_s <= head.timestamp_s) {
        let call = RewardsManager::releaseCall {
            operator: pot.operator,
            period: pot.period,
        };
        send(&mut lane, "release", &call).await?;
        released.push(pot.clone());
    }
    let credit_wei = manager.credit_wei(account, BlockId::latest()).await?;
    if credit_wei == U256::ZERO {
        let opens_at_s = own.iter().map(|pot| pot.opens_at_s).min();
        return Err(ClaimError::Nothing {
            account,
            opens_at_s,
        });
    }
    let transaction = send(&mut lane, "claim", &RewardsManager::claimCall { to }).await?;
    Ok(Taken {
        account,
        to,
        paid_wei: credit_wei.to_string(),
        released,
        transaction,
    })
}

async fn send<C: SolCall>(
    lane: &mut Lane,
    what: &'static str,
    call: &C,
) -> Result<B256, ClaimError> {
    let outgoing = Outgoing {
        to: Some(Manager::ADDRESS),
        input: call.abi_encode().into(),
        ..Outgoing::default()
    };
    match lane.send(&outgoing, LANDS_WITHIN_MS).await {
        Ok(landed) if landed.receipt.status() => Ok(landed.receipt.transaction_hash),
        Ok(landed) => Err(ClaimError::Refused {
            what,
            reason: format!("transaction {} failed", landed.receipt.transaction_hash),
        }),
        Err(SendError::L1(L1Error::Refused {
            data: Some(data), ..
        })) if !data.is_empty() => Err(ClaimError::Refused {
            what,
            reason: explain(&data),
        }),
        Err(error) => Err(ClaimError::Send { what, error }),
    }
}
