//! The stage: sending, reading, being refused.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::SolCall;
use eyre::{Result, WrapErr, bail, ensure, eyre};
use forebond_contracts::explain;
use forebond_l1::{
    L1Error,
    sender::{Lane, LaneConfig, Outgoing},
};

use super::accounts::Role;
use crate::world::{Constants, World};

/// A transaction waits so long at most, in wall time. Slots pass every 50 ms meanwhile.
const DEADLINE_MS: u64 = 60_000;

/// The L1, what is deployed on it, and who acts.
pub struct Stage {
    /// The L1.
    pub world: World,
    /// Its constants.
    pub constants: Constants,
    /// Contracts by name.
    pub contracts: BTreeMap<String, Address>,
    lanes: BTreeMap<Role, Lane>,
}

impl Stage {
    /// An empty stage on an L1.
    ///
    /// # Errors
    /// When the L1 does not answer.
    pub async fn on(world: World) -> Result<Self> {
        let constants = world.constants().await?;
        Ok(Self {
            world,
            constants,
            contracts: BTreeMap::new(),
            lanes: BTreeMap::new(),
        })
    }

    /// Address of a contract.
    ///
    /// # Errors
    /// When it is not deployed.
    pub fn contract(&self, name: &str) -> Result<Address> {
        self.contracts
            .get(name)
            .copied()
            .ok_or_else(|| eyre!("{name} is not deployed"))
    }

    /// Epoch of the next slot.
    ///
    /// # Errors
    /// When the L1 does not answer.
    pub async fn epoch(&self) -> Result<u64> {
        Ok(self.world.status().await?.slot / self.constants.slots_per_epoch)
    }

    /// Lets slots pass until the first one of `epoch` is over.
    ///
    /// # Errors
    /// When it is over already.
    pub async fn until_epoch(&self, epoch: u64) -> Result<()> {
        self.world
            .advance_to(epoch * self.constants.slots_per_epoch)
            .await
    }

    /// Unix seconds of the newest block.
    ///
    /// # Errors
    /// When the L1 does not answer.
    pub async fn now_s(&self) -> Result<u64> {
        Ok(self.world.execution().head().await?.timestamp_s)
    }

    /// Sends a transaction and lets slots pass until it is in a block.
    ///
    /// # Errors
    /// When it is not, or fails.
    pub async fn transact(&mut self, from: Role, outgoing: Outgoing) -> Result<TransactionReceipt> {
        if !self.lanes.contains_key(&from) {
            let config = LaneConfig {
                poll_ms: 20,
                ..LaneConfig::default()
            };
            let client = self.world.execution().clone();
            self.lanes
                .insert(from, Lane::new(client, from.signer()?, config).await?);
        }
        let Some(lane) = self.lanes.get_mut(&from) else {
            bail!("no lane of {from:?}");
        };
        let sending = async { Ok(lane.send(&outgoing, DEADLINE_MS).await?) };
        let landed = self.world.while_time_passes(sending).await?;
        ensure!(
            landed.receipt.status(),
            "the transaction failed in its block"
        );
        Ok(landed.receipt)
    }

    /// Calls a contract in a transaction; a refusal is told in words.
    ///
    /// # Errors
    /// When the contract refuses.
    pub async fn send<C: SolCall>(
        &mut self,
        from: Role,
        contract: &str,
        call: &C,
        value_wei: U256,
    ) -> Result<TransactionReceipt> {
        self.send_with_gas(from, contract, call, value_wei, None)
            .await
    }

    /// As [`Self::send`] with a gas limit of its own: estimates do not know how much a call wants to have *left*.
    ///
    /// # Errors
    /// When the contract refuses.
    pub async fn send_with_gas<C: SolCall>(
        &mut self,
        from: Role,
        contract: &str,
        call: &C,
        value_wei: U256,
        gas_limit: Option<u64>,
    ) -> Result<TransactionReceipt> {
        let outgoing = Outgoing {
            to: Some(self.contract(contract)?),
            value_wei,
            input: call.abi_encode().into(),
            gas_limit,
            ..Outgoing::default()
        };
        self.transact(from, outgoing)
            .await
            .map_err(in_words)
            .wrap_err_with(|| format!("{contract}.{}", C::SIGNATURE))
    }

    /// Reads from a contract.
    ///
    /// # Errors
    /// When the contract refuses: in words.
    pub async fn read<C: SolCall>(&self, contract: &str, call: &C) -> Result<C::Return> {
        let to = self.contract(contract)?;
        let answer = self
            .world
            .execution()
            .call(to, call.abi_encode().into())
            .await
            .map_err(|error| in_words(error.into()))
            .wrap_err_with(|| format!("{contract}.{}", C::SIGNATURE))?;
        Ok(C::abi_decode_returns(&answer)?)
    }

    /// Makes sure that a transaction is refused for the reason given. Nothing is sent: nodes refuse to estimate it.
    ///
    /// # Errors
    /// When it would succeed, or fail for another reason.
    pub async fn refused<C: SolCall>(
        &mut self,
        from: Role,
        contract: &str,
        call: &C,
        reason: &str,
    ) -> Result<()> {
        let outcome = self.send(from, contract, call, U256::ZERO).await;
        refused_for(reason, contract, C::SIGNATURE, outcome)
    }

    /// Makes sure that reading is refused for the reason given. No slot passes.
    ///
    /// # Errors
    /// When there is an answer, or another reason.
    pub async fn refuses<C: SolCall>(&self, contract: &str, call: &C, reason: &str) -> Result<()> {
        let outcome = self.read(contract, call).await;
        refused_for(reason, contract, C::SIGNATURE, outcome)
    }
}

/// An outcome that has to be a refusal, for the reason given.
fn refused_for<T>(reason: &str, contract: &str, signature: &str, outcome: Result<T>) -> Result<()> {
    let Err(error) = outcome else {
        bail!("{contract}.{signature} should be refused with {reason}");
    };
    let words = format!("{error:#}");
    ensure!(words.contains(reason), "expected {reason}, got {words}");
    Ok(())
}

/// Replaces a revert's data by its meaning.
fn in_words(error: eyre::Report) -> eyre::Report {
    let data: Option<Bytes> =
        error
            .chain()
            .find_map(|cause| match cause.downcast_ref::<L1Error>() {
                Some(L1Error::Refused { data, .. }) => data.clone(),
                _ => match cause.downcast_ref::<forebond_l1::sender::SendError>() {
                    Some(forebond_l1::sender::SendError::L1(L1Error::Refused { data, .. })) => {
                        data.clone()
                    }
                    _ => None,
                },
            });
    match data {
        Some(data) => eyre!("refused: {}", explain(&data)),
        None => error,
    }
}
