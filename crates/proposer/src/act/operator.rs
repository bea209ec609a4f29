//! Transactions of the operator's account, one at a time.

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use forebond_contracts::{
    bindings::{GatewayRegistry, ValidatorRegistry},
    explain,
};
use forebond_l1::{
    L1Error,
    execution::{BlockRef, ExecutionClient},
    sender::{Lane, Outgoing, SendError},
};
use forebond_settlement::{ContractAddresses, ContractsAt, SettlementError};

use crate::duties::loans::Loan;

/// Nonces tried until an unused one is found.
const MOST_NONCES: u64 = 16;

/// Why a transaction came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A contract can't be read.
    #[error(transparent)]
    Contract(#[from] SettlementError),
    /// The pool, or the account.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The contract does not want it.
    #[error("{what} was refused: {reason}")]
    Refused {
        /// What was sent, or was about to be.
        what: &'static str,
        /// The contract's words.
        reason: String,
    },
    /// A loan stands in the way that was not seen.
    #[error("a loan until epoch {until} stands in the way; it is cut first")]
    Booked {
        /// Its last epoch.
        until: u64,
    },
    /// Every nonce tried was used.
    #[error("the last {MOST_NONCES} delegation nonces are used; tried again in the next slot")]
    Nonces,
    /// The rollup file does not name it.
    #[error(
        "the rollup file names no `slasher`; loans have to name it: take the file from whoever runs the rollup"
    )]
    NoSlasher,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it was.
    pub what: &'static str,
    /// Its hash.
    pub hash: B256,
    /// Gas it used.
    pub gas: u64,
}

/// The account.
#[derive(Debug)]
pub struct Operator {
    lane: Lane,
    client: ExecutionClient,
    contracts: ContractAddresses,
    deadline_ms: u64,
}

impl Operator {
    /// Sends on `lane` and waits `deadline_ms` at most for each transaction.
    #[must_use]
    pub const fn new(
        lane: Lane,
        client: ExecutionClient,
        contracts: ContractAddresses,
        deadline_ms: u64,
    ) -> Self {
        Self {
            lane,
            client,
            contracts,
            deadline_ms,
        }
    }

    /// The account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.lane.address()
    }

    /// For the lookahead's keeper, whose transactions are this account's too.
    pub const fn lane(&mut self) -> &mut Lane {
        &mut self.lane
    }

    /// Lends the operator's slots.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn lend(
        &mut self,
        head: BlockRef,
        slot: u64,
        loan: Loan,
    ) -> Result<Sent, OperatorError> {
        let slasher = self.contracts.slasher.ok_or(OperatorError::NoSlasher)?;
        let call = GatewayRegistry::delegateCall {
            delegation: GatewayRegistry::Delegation {
                operator: self.address(),
                gateway: loan.gateway,
                firstEpoch: loan.first_epoch,
                lastEpoch: loan.last_epoch,
                nonce: self.unused_nonce(head, slot).await?,
                rollups: vec![self.contracts.inbox],
                slashers: vec![slasher],
            },
            // The operator calls: nothing is signed that could be shown to somebody else.
            operatorSignature: Bytes::new(),
        };
        self.call("a loan", self.contracts.gateway_registry, &call)
            .await
    }

    /// Ends what was lent after an epoch.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn cut(
        &mut self,
        head: BlockRef,
        slot: u64,
        last_epoch: u64,
    ) -> Result<Sent, OperatorError> {
        let call = GatewayRegistry::revokeCall {
            revocation: GatewayRegistry::Revocation {
                operator: self.address(),
                rollup: self.contracts.inbox,
                lastEpoch: last_epoch,
                nonce: self.unused_nonce(head, slot).await?,
            },
            operatorSignature: Bytes::new(),
        };
        self.call("the end of a loan", self.contracts.gateway_registry, &call)
            .await
    }

    /// Registers validators.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn register(
        &mut self,
        call: &ValidatorRegistry::registerByKeysCall,
    ) -> Result<Sent, OperatorError> {
        self.call("a registration", self.contracts.validator_registry, call)
            .await
    }

    /// Deregisters a validator of ours.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn deregister(&mut self, validator_index: u64) -> Result<Sent, OperatorError> {
        let call = ValidatorRegistry::deregisterCall {
            validatorIndex: validator_index,
        };
        self.call("a deregistration", self.contracts.validator_registry, &call)
            .await
    }

    /// Any number that was not used will do: the slot's, so that no search is needed.
    async fn unused_nonce(&self, head: BlockRef, slot: u64) -> Result<u64, OperatorError> {
        let at = ContractsAt {
            client: &self.client,
            block: BlockId::number(head.number),
        };
        let first = slot.saturating_mul(MOST_NONCES);
        for nonce in first..first.saturating_add(MOST_NONCES) {
            let call = GatewayRegistry::nonceUsedCall {
                operator: self.address(),
                nonce,
            };
            let registry = self.contracts.gateway_registry;
            if !at.read("GatewayRegistry", registry, &call).await? {
                return Ok(nonce);
            }
        }
        Err(OperatorError::Nonces)
    }

    async fn call<C: SolCall>(
        &mut self,
        what: &'static str,
        to: Address,
        call: &C,
    ) -> Result<Sent, OperatorError> {
        let input: Bytes = call.abi_encode().into();
        // As the operator calls: a refusal is free here, and told in words.
        let outgoing = Outgoing {
            to: Some(to),
            input,
            ..Outgoing::default()
        };
        let landed = match self.lane.send(&outgoing, self.deadline_ms).await {
            Err(
                SendError::L1(L1Error::Refused {
                    data: Some(data), ..
                })
                | SendError::Refused {
                    error:
                        L1Error::Refused {
                            data: Some(data), ..
                        },
                    ..
                },
            ) if !data.is_empty() => return Err(refusal(what, &data)),
            other => other?,
        };
        if !landed.receipt.status() {
            return Err(OperatorError::Refused {
                what,
                reason: "its block says so; what was true when it was sent no longer was"
                    .to_owned(),
            });
        }
        Ok(Sent {
            what,
            hash: landed.receipt.transaction_hash,
            gas: landed.receipt.gas_used,
        })
    }
}

fn refusal(what: &'static str, data: &[u8]) -> OperatorError {
    use alloy_sol_types::SolError;
    if let Ok(overlap) = GatewayRegistry::DelegationOverlaps::abi_decode(data) {
        return OperatorError::Booked {
            until: overlap.bookedUntil,
        };
    }
    OperatorError::Refused {
        what,
        reason: explain(data),
    }
}
