use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_provider::Provider;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use forebond_contracts::{
    bindings::{GatewayRegistry, Inbox, Parameters, Slasher},
    explain,
};
use forebond_evidence::fault_ids::case_key;
use forebond_l1::{
    L1Error,
    execution::{BlockRef, ExecutionClient},
    sender::{Lane, LaneConfig, Outgoing, SendError},
};
use forebond_settlement::{ContractAddresses, RollupFile};
use serde::Serialize;

use crate::{Claim, Facts, Held, Liable, RefundError, Settled, Standing, liable, standing};

mod batches;

/// What a wallet sends to be paid. No value goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WalletCall {
    /// The Slasher.
    pub to: Address,
    /// `closeAndClaim` of the fault.
    pub data: Bytes,
}

/// Who pays for the claim's gas, and how long it may take.
#[derive(Debug)]
pub struct Paying {
    /// The account; the money goes to the promise's sender all the same.
    pub signer: PrivateKeySigner,
    /// Until when the claim has to be in a block, milliseconds from now.
    pub deadline_ms: u64,
    /// How it is sent.
    pub lane: LaneConfig,
}

/// Where refunds are asked for: the rollup's contracts on L1. It remembers nothing.
#[derive(Clone, Debug)]
pub struct Desk {
    client: ExecutionClient,
    contracts: ContractAddresses,
    slasher: Address,
    chain_id: u64,
    from_block: u64,
}

impl Desk {
    /// For the rollup of this file; makes sure that L1 is the one it names.
    ///
    /// # Errors
    /// [`RefundError::NoSlasher`], [`RefundError::OtherChain`], [`RefundError::L1`].
    pub async fn open(client: ExecutionClient, rollup: &RollupFile) -> Result<Self, RefundError> {
        let l1 = &rollup.l1;
        Self::at(client, l1.chain_id, rollup.contracts, l1.start.number).await
    }

    /// As [`Self::open`], from the parts: `from_block` is an L1 block not after the contracts' deployment.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn at(
        client: ExecutionClient,
        chain_id: u64,
        contracts: ContractAddresses,
        from_block: u64,
    ) -> Result<Self, RefundError> {
        let slasher = contracts.slasher.ok_or(RefundError::NoSlasher)?;
        let got = client.chain_id().await?;
        if got != chain_id {
            return Err(RefundError::OtherChain {
                expected: chain_id,
                got,
            });
        }
        Ok(Self {
            client,
            contracts,
            slasher,
            chain_id,
            from_block,
        })
    }

    /// What L1's head shows of the promise. Everything is read in the state of one block.
    ///
    /// # Errors
    /// [`RefundError`]: the promise is another rollup's or nobody's, or L1 does not answer.
    pub async fn look(&self, held: &Held) -> Result<Facts, RefundError> {
        let (inbox, domain) = (self.contracts.inbox, held.domain);
        if (domain.inbox, domain.l1_chain_id) != (inbox, self.chain_id) {
            return Err(RefundError::OtherRollup {
                expected: inbox,
                expected_chain: self.chain_id,
                got: domain.inbox,
                got_chain: domain.l1_chain_id,
            });
        }
        let head = self.client.head().await?;
        let registry = self.contracts.gateway_registry;
        let of_key = GatewayRegistry::gatewayOfKeyCall { key: held.signer };
        let gateway = self.read(registry, &of_key, head).await?;
        if gateway == 0 {
            return Err(RefundError::NoGateway {
                signer: held.signer,
                registry,
            });
        }
        let fault_id = held.fault_id(gateway);
        let claim = Slasher::claimOfCall { faultId: fault_id };
        let claim = self.read(self.slasher, &claim, head).await?;
        let (claim, liable) = if claim.caseKey == B256::ZERO {
            (None, None)
        } else {
            let liable = self
                .liable(held, gateway, claim.caseKey, fault_id, head)
                .await?;
            (Some(self.claim(&claim, liable, head).await?), Some(liable))
        };
        Ok(Facts {
            gateway,
            fault_id,
            now_s: head.timestamp_s,
            heard_until_s: self.heard_until_s(held, head).await?,
            settled: self.settled(held, gateway, head).await?,
            claim,
            liable,
        })
    }

    /// The one call that pays, for any wallet; none while the fault is not recorded. It reverts before the case can be closed.
    pub fn wallet_call(&self, facts: &Facts) -> Option<WalletCall> {
        let liable = facts.liable?;
        let call = Slasher::closeAndClaimCall {
            faultId: facts.fault_id,
            gateway: liable.gateway,
            rollup: self.contracts.inbox,
            base: liable.base,
        };
        Some(WalletCall {
            to: self.slasher,
            data: call.abi_encode().into(),
        })
    }

    /// Sends the claim if it is due, waits for it, and looks again. Nothing is sent when the user is paid already.
    ///
    /// # Errors
    /// [`RefundError::NotDue`]; [`RefundError::Waiting`]; [`RefundError::Send`], [`RefundError::Refused`]: it does not land.
    pub async fn claim_now(&self, held: &Held, paying: Paying) -> Result<Standing, RefundError> {
        let facts = self.look(held).await?;
        let before = standing(held, &facts, None);
        let call = match &before {
            Standing::Paid => return Ok(before),
            Standing::Claimable { .. } => self.wallet_call(&facts),
            _ => None,
        };
        let call = call.ok_or_else(|| RefundError::NotDue {
            standing: before.to_string(),
        })?;
        self.refuse_waiting(paying.signer.address()).await?;
        let mut lane = Lane::new(self.client.clone(), paying.signer, paying.lane).await?;
        let outgoing = Outgoing {
            to: Some(call.to),
            value_wei: U256::ZERO,
            input: call.data,
            ..Outgoing::default()
        };
        let sent = lane.send(&outgoing, paying.deadline_ms).await;
        let after = standing(held, &self.look(held).await?, None);
        // Somebody else may have been faster: what counts is the user's money.
        if after == Standing::Paid {
            return Ok(after);
        }
        let landed = sent.map_err(in_words)?;
        if !landed.receipt.status() {
            return Err(RefundError::Failed {
                hash: landed.receipt.transaction_hash,
            });
        }
        // It pays or reverts: a node that is a block behind says nothing else.
        Ok(Standing::Paid)
    }

    /// A lane takes the account's next place and raises its offer until it has it. That is right for accounts that no one else uses;
    /// here it is the user's own, whose payment to somebody would be thrown out of the pool.
    async fn refuse_waiting(&self, account: Address) -> Result<(), RefundError> {
        let latest = self.client.nonce(account).await?;
        let pending = self
            .client
            .provider()
            .get_transaction_count(account)
            .pending();
        let pending = pending.await.map_err(|error| RefundError::PoolUnknown {
            account,
            reason: error.to_string(),
        })?;
        nothing_waits(account, latest, pending)
    }

    async fn liable(
        &self,
        held: &Held,
        gateway: u32,
        key: B256,
        fault_id: B256,
        head: BlockRef,
    ) -> Result<Liable, RefundError> {
        let rollup = self.contracts.inbox;
        if case_key(gateway, rollup, held.base) == key {
            return Ok(Liable {
                gateway,
                base: held.base,
            });
        }
        let blocks = (self.from_block, head.number);
        let found = liable::search(&self.client, (self.slasher, rollup), blocks, key).await?;
        found.ok_or(RefundError::CaseNotFound {
            fault_id,
            from_block: self.from_block,
        })
    }

    async fn claim(
        &self,
        view: &Slasher::ClaimView,
        liable: Liable,
        head: BlockRef,
    ) -> Result<Claim, RefundError> {
        let case = Slasher::caseOfCall {
            gateway: liable.gateway,
            rollup: self.contracts.inbox,
            base: liable.base,
        };
        let case = self.read(self.slasher, &case, head).await?;
        Ok(Claim {
            case_key: view.caseKey,
            payee: view.payee,
            owed_wei: view.owedWei.saturating_to(),
            claimable_wei: view.claimableWei.saturating_to(),
            is_settled: view.isSettled,
            closes_at_s: view.closesAt,
            taken_wei: case.takenWei.saturating_to(),
            refunds_wei: case.refundsWei.saturating_to(),
        })
    }

    /// As `Trials._open` computes it for a fault that needs a Confirmed batch.
    async fn heard_until_s(&self, held: &Held, head: BlockRef) -> Result<u64, RefundError> {
        let epoch_slots = Slasher::slotsPerEpochCall {};
        let epoch_slots = self.read(self.slasher, &epoch_slots, head).await?;
        let epoch = held.window / epoch_slots.max(1);
        let terms = Parameters::termsAtCall { epoch };
        let terms = self.read(self.contracts.parameters, &terms, head).await?;
        let config = self
            .read(self.contracts.inbox, &Inbox::configCall {}, head)
            .await?;
        let behind = Slasher::startOfCall {
            slot: held.window.saturating_add(1),
        };
        let window_over_s: u64 = self
            .read(self.slasher, &behind, head)
            .await?
            .saturating_to();
        let verdict_s = config
            .claimWindowSeconds
            .saturating_add(config.resolverSeconds);
        let horizon_s = terms.evidenceHorizonSeconds.max(verdict_s);
        Ok(window_over_s
            .saturating_add(horizon_s)
            .saturating_add(terms.claimPeriodSeconds))
    }

    async fn settled(
        &self,
        held: &Held,
        gateway: u32,
        head: BlockRef,
    ) -> Result<Settled, RefundError> {
        let Some(batch) = self.batch_with(held.block, head).await? else {
            return Ok(Settled::Nowhere);
        };
        let batch_id = batch.id;
        if !batch.is_confirmed {
            return Ok(Settled::Posted { batch_id });
        }
        Ok(Settled::Confirmed {
            batch_id,
            is_own: (batch.gateway, batch.base) == (gateway, held.base),
        })
    }

    async fn read<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        at: BlockRef,
    ) -> Result<C::Return, RefundError> {
        let answer = self
            .client
            .call_at(to, call.abi_encode().into(), BlockId::hash(at.hash))
            .await
            .map_err(|error| match error {
                L1Error::Refused {
                    data: Some(data), ..
                } => RefundError::Refused {
                    what: C::SIGNATURE,
                    reason: explain(&data),
                },
                other => other.into(),
            })?;
        C::abi_decode_returns(&answer).map_err(|error| RefundError::Answer {
            what: C::SIGNATURE,
            got: error.to_string(),
        })
    }
}

/// `latest`: the account's transactions in blocks; `pending`: with those that the node's pool holds.
const fn nothing_waits(account: Address, latest: u64, pending: u64) -> Result<(), RefundError> {
    match pending.saturating_sub(latest) {
        0 => Ok(()),
        count => Err(RefundError::Waiting { account, count }),
    }
}

/// A revert in words.
fn in_words(error: SendError) -> RefundError {
    match &error {
        SendError::L1(L1Error::Refused {
            data: Some(data), ..
        }) => RefundError::Refused {
            what: Slasher::closeAndClaimCall::SIGNATURE,
            reason: explain(data),
        },
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_never_takes_the_place_of_a_transaction_that_waits() {
        let account = Address::repeat_byte(7);
        assert!(nothing_waits(account, 5, 5).is_ok());
        // A node that is a block behind in its pool.
        assert!(nothing_waits(account, 5, 4).is_ok());
        let refused = nothing_waits(account, 5, 7).unwrap_err();
        let words = refused.to_string();
        assert!(matches!(refused, RefundError::Waiting { count: 2, .. }));
        assert!(words.contains("another account"), "{words}");
    }
}
