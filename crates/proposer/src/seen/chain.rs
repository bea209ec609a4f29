use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use alloy_eips::BlockId;
use alloy_primitives::Address;
use forebond_beacon::bls::PublicKeyBytes;
use forebond_contracts::bindings::{BondVault, GatewayRegistry, ValidatorRegistry};
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, BlockId as BeaconBlock, Spec},
    execution::{BlockRef, ExecutionClient},
};
use forebond_settlement::{ContractsAt, Facts, SettlementError, WindowBook};

use crate::{
    choice::{Candidate, Health},
    config::OwnConfig,
    duties::{
        loans::{Loan, SIGHT_EPOCHS},
        slots::{Duty, Lent},
        validators::{Authority, Newest, OnChain, Seen},
    },
};

/// Validators that one proposer looks after.
pub const MOST_VALIDATORS: usize = 4_096;
/// Loans that are looked at: one in force, eight booked (the registry's bound), and what lies between.
const MOST_LOANS: usize = 16;

/// Why it is not known what L1 shows.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// A node.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A contract.
    #[error(transparent)]
    Contract(#[from] SettlementError),
}

/// Questions about one operator and rollup.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The execution node.
    pub execution: ExecutionClient,
    /// The beacon node.
    pub beacon: BeaconClient,
    /// Its constants.
    pub spec: Spec,
    /// The rollup's facts.
    pub facts: Arc<Facts>,
    /// The operator.
    pub operator: Address,
}

impl Chain {
    fn at(&self, head: BlockRef) -> ContractsAt<'_> {
        ContractsAt {
            client: &self.execution,
            block: BlockId::number(head.number),
        }
    }

    /// The validators with these keys, at most [`MOST_VALIDATORS`].
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn validators(
        &self,
        head: BlockRef,
        keys: &[PublicKeyBytes],
    ) -> Result<Vec<Seen>, SeenError> {
        let keys = keys.get(..MOST_VALIDATORS).unwrap_or(keys);
        let known = self
            .beacon
            .validators_of_keys(BeaconBlock::Head, keys)
            .await?;
        let registry = self.facts.contracts.validator_registry;
        let mut by_key = BTreeMap::new();
        for validator in known {
            let call = ValidatorRegistry::newestCall {
                validatorIndex: validator.index,
            };
            let newest = self
                .at(head)
                .read("ValidatorRegistry", registry, &call)
                .await?;
            let on_chain = OnChain {
                index: validator.index,
                is_active: validator.status.starts_with("active")
                    || validator.status.starts_with("pending"),
                is_slashed: validator.slashed,
                newest: Newest {
                    operator: newest.operator,
                    from_epoch: newest.fromEpoch,
                    authority: match newest.authority {
                        0 => Authority::None,
                        1 => Authority::Key,
                        _ => Authority::WithdrawalAddress,
                    },
                    next_nonce: newest.nextNonce,
                },
            };
            by_key.insert(validator.pubkey, on_chain);
        }
        let seen = keys.iter().map(|key| Seen {
            key: *key,
            on_chain: by_key.get(key).copied(),
        });
        Ok(seen.collect())
    }

    /// Who proposes in the slots of `epoch` and the next one. Whose keys they are is not asked: what the registry calls the operator's
    /// is its own whether the signer answers or not.
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn duties(&self, epoch: u64) -> Result<Vec<Duty>, SeenError> {
        let mut found = Vec::new();
        for epoch in [epoch, epoch.saturating_add(1)] {
            let duties = self.beacon.proposer_duties(epoch, &self.spec).await?;
            found.extend(duties.data.iter().map(|duty| Duty {
                slot: duty.slot,
                epoch,
                index: duty.validator_index,
                key: duty.pubkey,
            }));
        }
        Ok(found)
    }

    /// Which of these validators are the operator's, each in its duty's epoch.
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn ours(
        &self,
        head: BlockRef,
        duties: &[Duty],
    ) -> Result<BTreeSet<(u64, u64)>, SeenError> {
        let registry = self.facts.contracts.validator_registry;
        let mut ours = BTreeSet::new();
        let epochs: BTreeSet<u64> = duties.iter().map(|duty| duty.epoch).collect();
        for epoch in epochs {
            let of_epoch = duties.iter().filter(|duty| duty.epoch == epoch);
            let indices: BTreeSet<u64> = of_epoch.map(|duty| duty.index).collect();
            let indices: Vec<u64> = indices.into_iter().collect();
            let call = ValidatorRegistry::operatorsAtCall {
                validatorIndices: indices.clone(),
                epoch,
            };
            let operators = self
                .at(head)
                .read("ValidatorRegistry", registry, &call)
                .await?;
            ours.extend(
                indices
                    .into_iter()
                    .zip(operators)
                    .filter(|(_, operator)| *operator == self.operator)
                    .map(|(index, _)| (epoch, index)),
            );
        }
        Ok(ours)
    }

    /// The operator's loans for the rollup that cover `epoch` or a later one, in order.
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn loans(&self, head: BlockRef, epoch: u64) -> Result<Vec<Loan>, SeenError> {
        let mut loans: Vec<Loan> = Vec::new();
        let mut at = epoch;
        for _ in 0..MOST_LOANS {
            let call = GatewayRegistry::delegationAtCall {
                operator: self.operator,
                rollup: self.facts.contracts.inbox,
                epoch: at,
            };
            let registry = self.facts.contracts.gateway_registry;
            let found = self
                .at(head)
                .read("GatewayRegistry", registry, &call)
                .await?;
            if found.gateway == 0 {
                // Behind a gap that is longer, nothing of ours begins: it joins what is before.
                if at >= epoch.saturating_add(SIGHT_EPOCHS) {
                    break;
                }
                at = at.saturating_add(1);
                continue;
            }
            loans.push(Loan {
                gateway: found.gateway,
                first_epoch: found.firstEpoch,
                last_epoch: found.lastEpoch,
            });
            at = found.lastEpoch.saturating_add(1);
        }
        Ok(loans)
    }

    /// Whom the operator's slots are lent to in `epoch` and the next one, where that gateway may own windows then.
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn lent(
        &self,
        head: BlockRef,
        epoch: u64,
        book: &WindowBook,
        own: &OwnConfig,
    ) -> Result<BTreeMap<u64, Lent>, SeenError> {
        let mut lent = BTreeMap::new();
        for epoch in [epoch, epoch.saturating_add(1)] {
            let call = GatewayRegistry::gatewayForCall {
                operator: self.operator,
                rollup: self.facts.contracts.inbox,
                epoch,
            };
            let registry = self.facts.contracts.gateway_registry;
            let gateway = self
                .at(head)
                .read("GatewayRegistry", registry, &call)
                .await?;
            if gateway == 0 {
                continue;
            }
            // At an epoch's border the view reads the new one in a moment.
            let info = book.gateways.get(&gateway);
            let Some(known) = info.and_then(|info| info.epochs.get(&epoch)) else {
                continue;
            };
            let committers = known.committers.as_ref();
            let committers = committers.map(|set| set.members.clone());
            lent.insert(
                epoch,
                Lent {
                    gateway,
                    delegate: own.gateway(gateway).and_then(|entry| entry.delegate),
                    committers: committers.unwrap_or_default(),
                },
            );
        }
        Ok(lent)
    }

    /// The gateways that the rollup's view knows, as candidates for a loan that begins in `epoch`.
    ///
    /// # Errors
    /// [`SeenError`].
    pub async fn candidates(
        &self,
        head: BlockRef,
        epoch: u64,
        book: &WindowBook,
        own: &OwnConfig,
        health: impl Fn(u32) -> Health,
    ) -> Result<Vec<Candidate>, SeenError> {
        let mut candidates = Vec::new();
        let rollup = self.facts.contracts.inbox;
        let registry = self.facts.contracts.gateway_registry;
        for gateway in book.gateways.keys().copied() {
            let call = GatewayRegistry::eligibleAtCall {
                gateway,
                rollup,
                epoch,
            };
            let at = self.at(head);
            let is_eligible = at.read("GatewayRegistry", registry, &call).await?;
            // What is on its way out is no bond for slots to come.
            let call = BondVault::committedOfCall { gateway, rollup };
            let vault = self.facts.contracts.bond_vault;
            let bond = at.read("BondVault", vault, &call).await?;
            candidates.push(Candidate {
                gateway,
                is_eligible,
                bond_wei: u128::try_from(bond).unwrap_or(u128::MAX),
                health: health(gateway),
                offer: own
                    .gateway(gateway)
                    .map(crate::config::GatewayEntry::offer)
                    .unwrap_or_default(),
            });
        }
        Ok(candidates)
    }
}
