use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256};
use forebond_contracts::bindings::{GatewayRegistry, Parameters};
use forebond_evidence::{
    Attested,
    faults::double_delegation::{self, Place, Second},
};
use forebond_types::{CommitterSet, Delegation, Domain};
use tokio::sync::Mutex;

use super::shelf::{Shelf, Shelved};
use crate::{
    court::{Court, CourtError},
    hearing::{Desk, DeskError},
    store::RowsError,
};

/// Epochs ahead of the present one whose record in the registry is final.
const FINAL_AHEAD: u64 = 1;
/// Epochs behind the present one that a sale is held against.
const MOST_EPOCHS_BACK: u64 = 64;
/// Sales held against L1 in one look.
const AT_ONCE: usize = 32;
/// Ranges of the registry's record that one sale is held against in one look.
const MOST_RECORDS: usize = 128;
/// Rollups, and slashers, of a delegation that the registry takes.
const MOST_LISTED: usize = 16;
/// How long somebody who brings a sale waits for those before.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why sales could not be looked at. What was not done is due again at the next look.
#[derive(Debug, thiserror::Error)]
pub enum SalesError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// The disk does not keep what is found.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The disk does not keep what is brought.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

/// Why a sale is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotBought {
    /// It cannot be booked by any registry.
    #[error("{0}")]
    Malformed(String),
    /// It is about other rollups.
    #[error("the delegation names {got:?}, and this watcher looks after {expected}")]
    OtherRollup {
        /// Here.
        expected: Address,
        /// There.
        got: Vec<Address>,
    },
    /// Somebody else signed it, or nobody.
    #[error(
        "the signature is not operator {operator}'s in the domain of the registry {registry}: {reason}"
    )]
    NotTheOperators {
        /// Who should have.
        operator: Address,
        /// The registry.
        registry: Address,
        /// Why not.
        reason: String,
    },
    /// It has no validators, so it has nothing to sell.
    #[error("{0} is no validator's operator on L1")]
    NoOperator(Address),
    /// Too long ago to be looked at.
    #[error("the delegation ends with epoch {last}; from epoch {oldest} on they are looked at")]
    TooOld {
        /// Its last epoch.
        last: u64,
        /// The oldest one that is looked at.
        oldest: u64,
    },
    /// No room.
    #[error(
        "as many delegations of operator {0} are kept as there is room for; bring it again when an epoch of it begins: then it is held against them at once"
    )]
    Full(Address),
    /// Too many at once.
    #[error("many delegations are looked at just now; try again later")]
    Busy,
    /// L1 or the disk.
    #[error(transparent)]
    Failed(#[from] SalesError),
}

/// What a sale that was brought came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// It was not known.
    pub is_new: bool,
    /// Faults that it proves, opened now or before.
    pub cases: Vec<B256>,
}

/// Looks for what was sold twice: an operator, one of its epochs, two gateways.
#[derive(Debug)]
pub struct Sales {
    desk: Arc<Desk>,
    court: Court,
    /// Of the registry: delegations span rollups.
    separator: B256,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    shelf: Shelf,
    /// Accounts that have had validators.
    operators: BTreeSet<Address>,
    /// The epoch up to which each sale was held against L1.
    looked_until: BTreeMap<B256, u64>,
    /// Sales whose turn is to come, and the epoch they were called up in.
    due: VecDeque<B256>,
    called_in: Option<u64>,
}

/// L1 as far as sales go.
#[derive(Clone, Copy)]
struct Now {
    epoch: u64,
    /// The oldest epoch that sales are held against.
    oldest: u64,
    /// The newest one.
    last_final: u64,
}

impl Sales {
    /// With the sales kept in a directory.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn open(
        dir: &Path,
        desk: Arc<Desk>,
        court: Court,
        l1_chain_id: u64,
    ) -> Result<Self, RowsError> {
        let registry = Domain {
            l1_chain_id,
            inbox: court.addresses().gateway_registry,
        };
        Ok(Self {
            separator: registry.separator(),
            state: Mutex::new(State {
                shelf: Shelf::open(dir)?,
                operators: BTreeSet::new(),
                looked_until: BTreeMap::new(),
                due: VecDeque::new(),
                called_in: None,
            }),
            desk,
            court,
        })
    }

    /// These accounts have validators.
    pub async fn note_operators(&self, operators: impl IntoIterator<Item = Address>) {
        self.state.lock().await.operators.extend(operators);
    }

    /// Takes a sale from whoever has it: it is held against L1 and the others, and on disk when this returns.
    ///
    /// # Errors
    /// [`NotBought`].
    pub async fn take(&self, slot: u64, sale: Attested<Delegation>) -> Result<Bought, NotBought> {
        let now = self.now(slot);
        self.check(now, &sale)?;
        let Ok(mut state) = tokio::time::timeout(PATIENCE, self.state.lock()).await else {
            return Err(NotBought::Busy);
        };
        let operator = sale.message.operator;
        if !state.operators.contains(&operator) {
            return Err(NotBought::NoOperator(operator));
        }
        // Before there is a place for it: a full shelf must not hide what contradicts it.
        let cases = self.audit(&state.shelf, &sale, now.oldest, now).await?;
        let hash = sale.struct_hash();
        let shelved = state.shelf.put(sale).map_err(SalesError::from)?;
        match shelved {
            Shelved::Full if cases.is_empty() => return Err(NotBought::Full(operator)),
            Shelved::New => {
                state.looked_until.insert(hash, now.last_final);
            }
            Shelved::Full | Shelved::Known => {}
        }
        Ok(Bought {
            is_new: shelved != Shelved::Known,
            cases,
        })
    }

    /// Holds sales against L1, each once an epoch, some at a time.
    ///
    /// # Errors
    /// [`SalesError`].
    pub async fn look(&self, slot: u64) -> Result<(), SalesError> {
        let now = self.now(slot);
        let mut guard = self.state.lock().await;
        let state = &mut *guard;
        if state.called_in != Some(now.epoch) {
            state.called_in = Some(now.epoch);
            state.shelf.forget_before(now.oldest)?;
            let shelf = &state.shelf;
            state
                .looked_until
                .retain(|hash, _| shelf.get(hash).is_some());
            state.due = shelf.all().map(|(hash, _)| *hash).collect();
        }
        for _ in 0..AT_ONCE {
            let Some(hash) = state.due.pop_front() else {
                break;
            };
            let Some(sale) = state.shelf.get(&hash) else {
                continue;
            };
            let looked = state.looked_until.get(&hash).copied();
            let from = looked.map_or(now.oldest, |until| until.saturating_add(1));
            if let Err(error) = self.audit(&state.shelf, sale, from, now).await {
                // The others come first: one that always fails holds nobody up.
                state.due.push_back(hash);
                return Err(error);
            }
            state.looked_until.insert(hash, now.last_final);
        }
        Ok(())
    }

    fn now(&self, slot: u64) -> Now {
        let epoch = self.desk.clock().epoch_of(slot);
        Now {
            epoch,
            oldest: epoch.saturating_sub(MOST_EPOCHS_BACK),
            last_final: epoch.saturating_add(FINAL_AHEAD),
        }
    }

    /// What shows without L1.
    fn check(&self, now: Now, sale: &Attested<Delegation>) -> Result<(), NotBought> {
        let one = &sale.message;
        if one.firstEpoch > one.lastEpoch {
            let words = format!(
                "a range of epochs expected, got {} to {}",
                one.firstEpoch, one.lastEpoch
            );
            return Err(NotBought::Malformed(words));
        }
        let listed = one.rollups.len().max(one.slashers.len());
        if listed > MOST_LISTED {
            let words = format!("lists of at most {MOST_LISTED} addresses expected, got {listed}");
            return Err(NotBought::Malformed(words));
        }
        let addresses = self.court.addresses();
        if !one.rollups.contains(&addresses.inbox) {
            return Err(NotBought::OtherRollup {
                expected: addresses.inbox,
                got: one.rollups.clone(),
            });
        }
        if one.lastEpoch < now.oldest {
            return Err(NotBought::TooOld {
                last: one.lastEpoch,
                oldest: now.oldest,
            });
        }
        let signer = CommitterSet::single(one.operator);
        sale.verify(&signer, self.separator)
            .map_err(|error| NotBought::NotTheOperators {
                operator: one.operator,
                registry: addresses.gateway_registry,
                reason: error.to_string(),
            })
    }

    /// Opens a case when an epoch of the sale, from `from` to the last one that is final, is somebody else's by the registry, or was
    /// sold to somebody else by another signature. One is enough: a rewards period is forfeited once.
    async fn audit(
        &self,
        shelf: &Shelf,
        sale: &Attested<Delegation>,
        from: u64,
        now: Now,
    ) -> Result<Vec<B256>, SalesError> {
        let one = &sale.message;
        let first = one.firstEpoch.max(from);
        let last = one.lastEpoch.min(now.last_final);
        if first > last {
            return Ok(Vec::new());
        }
        let rivals: Vec<_> = shelf
            .of(one.operator)
            .filter(|other| {
                let other = &other.message;
                let overlaps = other.firstEpoch <= last && first <= other.lastEpoch;
                other.gateway != one.gateway && overlaps
            })
            .collect();
        let nonces = rivals.iter().map(|other| other.message.nonce);
        let mut used = BTreeSet::new();
        for nonce in nonces.chain([one.nonce]).collect::<BTreeSet<_>>() {
            if self.is_used(one.operator, nonce).await? {
                used.insert(nonce);
            }
        }
        let is_used = |nonce| used.contains(&nonce);
        for other in rivals {
            let place = self.place(last.min(other.message.lastEpoch)).await?;
            let second = Second::Signed(other);
            let found = double_delegation::accuse(place, self.separator, sale, second, is_used);
            if found.is_some() {
                return Ok(self.desk.open_all(found.into_iter().collect())?);
            }
        }
        // Used up: it is the record itself, or sells nothing any more.
        if is_used(one.nonce) {
            return Ok(Vec::new());
        }
        let mut epoch = last;
        for _ in 0..MOST_RECORDS {
            let record = self.record(one.operator, epoch).await?;
            if record.gateway != 0 && record.gateway != one.gateway {
                let place = self.place(epoch).await?;
                let second = Second::Record(record.gateway);
                let found = double_delegation::accuse(place, self.separator, sale, second, is_used);
                return Ok(self.desk.open_all(found.into_iter().collect())?);
            }
            let begins = if record.gateway == 0 {
                epoch
            } else {
                record.firstEpoch
            };
            match begins.checked_sub(1).filter(|before| *before >= first) {
                Some(before) => epoch = before,
                None => break,
            }
        }
        Ok(Vec::new())
    }

    async fn place(&self, epoch: u64) -> Result<Place, CourtError> {
        let addresses = self.court.addresses();
        let call = Parameters::termsAtCall { epoch };
        let terms = self
            .court
            .read(addresses.parameters, &call, BlockId::latest())
            .await?;
        Ok(Place {
            rollup: addresses.inbox,
            epoch,
            slots_per_epoch: self.desk.clock().slots_per_epoch,
            period_epochs: terms.rewardPeriodEpochs,
        })
    }

    async fn is_used(&self, operator: Address, nonce: u64) -> Result<bool, CourtError> {
        let registry = self.court.addresses().gateway_registry;
        let call = GatewayRegistry::nonceUsedCall { operator, nonce };
        self.court.read(registry, &call, BlockId::latest()).await
    }

    async fn record(
        &self,
        operator: Address,
        epoch: u64,
    ) -> Result<GatewayRegistry::delegationAtReturn, CourtError> {
        let addresses = self.court.addresses();
        let call = GatewayRegistry::delegationAtCall {
            operator,
            rollup: addresses.inbox,
            epoch,
        };
        self.court
            .read(addresses.gateway_registry, &call, BlockId::latest())
            .await
    }
}
