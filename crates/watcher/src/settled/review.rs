use std::{collections::BTreeMap, sync::Arc};

use alloy_eips::BlockId;
use alloy_primitives::{B256, Bytes};
use forebond_contracts::bindings::{Inbox, Slasher};
use forebond_evidence::{
    Accusation, Accused, Attested,
    docket::{Docket, Posted, Standing},
};
use forebond_ledger::rpc::ChainReader;
use forebond_settlement::PostedBatch;

use super::{Batches, blocks};
use crate::{
    court::{Court, CourtError, standing},
    hearing::{Desk, DeskError},
    liability::Shifter,
};

/// Batches looked at in one go.
const AT_ONCE: usize = 32;
/// Broken promises of one gateway that one batch is accused of at once; the others come with the next look at it.
const MOST_UNKEPT: usize = 64;

/// Why batches could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// The disk does not keep what is found.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A thread was lost.
    #[error("comparing was not finished: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// Holds posted batches against what was heard.
#[derive(Clone, Debug)]
pub struct Reviewer {
    desk: Arc<Desk>,
    court: Court,
    reader: Arc<ChainReader>,
}

/// A docket that a batch may break something of, and what stands behind it.
type Touched = (u64, u32, B256);

impl Reviewer {
    /// `reader` shows what this process derived.
    pub const fn new(desk: Arc<Desk>, court: Court, reader: Arc<ChainReader>) -> Self {
        Self {
            desk,
            court,
            reader,
        }
    }

    /// Looks at the batches that are due, and at those that hold blocks with new promises; `shifter` says whom to charge. Returns those that were compared with their
    /// blocks.
    ///
    /// # Errors
    /// [`ReviewError`]; what was not looked at stays due.
    pub async fn look(
        &self,
        batches: &mut Batches,
        shifter: &Shifter,
    ) -> Result<Vec<PostedBatch>, ReviewError> {
        for block in self.desk.take_stirred() {
            let around: Vec<u32> = batches.around(block).map(|posted| posted.id).collect();
            for id in around {
                batches.again(id);
            }
        }
        let mut compared = Vec::new();
        for id in batches.due().into_iter().take(AT_ONCE) {
            let Some(posted) = batches.get(id).cloned() else {
                batches.done(id);
                continue;
            };
            let (is_done, was_compared) = self.one(&posted, (batches, shifter)).await?;
            if is_done {
                batches.done(id);
            }
            if was_compared {
                compared.push(posted);
            }
        }
        Ok(compared)
    }

    /// Whether nothing more is to be learnt for now, and whether the blocks were compared.
    async fn one(
        &self,
        posted: &PostedBatch,
        known: (&Batches, &Shifter),
    ) -> Result<(bool, bool), ReviewError> {
        let Some(standing) = self.standing_of(posted).await? else {
            // A reorg gave the number to another batch, or to none: the view of L1 will tell.
            return Ok((true, false));
        };
        let view = Posted {
            id: posted.id,
            gateway: posted.gateway,
            standing,
        };
        self.claim(&view, posted)?;
        let safe = self.reader.board.settled().safe;
        if matches!(standing, Standing::Void | Standing::Orphaned) {
            return Ok((true, false));
        }
        if safe < posted.batch.lastBlock {
            return Ok((false, false));
        }
        let insured = self.insured(posted, known).await?;
        let (desk, reader) = (self.desk.clone(), self.reader.clone());
        let posted = posted.clone();
        let found = tokio::task::spawn_blocking(move || {
            match blocks::open(&reader, &posted) {
                Ok(opened) => {
                    let mut found = Vec::new();
                    for (touched, insured_wei, excuse) in insured {
                        let of_docket = desk.dockets(|docket| {
                            (key(docket) == touched).then(|| {
                                docket.review(&view, &opened, insured_wei, &excuse, MOST_UNKEPT)
                            })
                        });
                        found.extend(of_docket.into_iter().flatten());
                    }
                    desk.figures().reviewed.inc();
                    Some(found)
                }
                Err(error) => {
                    // It does not count here: the chain that was derived has other blocks.
                    tracing::debug!(batch = posted.id, %error, "a batch is not compared");
                    None
                }
            }
        })
        .await?;
        let was_compared = found.is_some();
        self.desk.open_all(found.unwrap_or_default())?;
        Ok((true, was_compared))
    }

    /// What the claim alone proves, heard messages or not: its base came with it, or with an earlier batch.
    fn claim(&self, view: &Posted, posted: &PostedBatch) -> Result<(), ReviewError> {
        let attested = Attested {
            message: posted.batch.clone(),
            signature: posted.signature.clone(),
        };
        let own: Vec<Vec<Accusation>> = self.desk.dockets(|docket| {
            let accused = docket.accused();
            (accused.gateway() == posted.gateway && accused.base_hash() == posted.batch.base)
                .then(|| docket.review_claim(view, &attested))
        });
        let found = if own.is_empty() {
            self.unheard(posted)
                .map(|docket| docket.review_claim(view, &attested))
                .unwrap_or_default()
        } else {
            own.into_iter().flatten().collect()
        };
        self.desk.open_all(found)?;
        Ok(())
    }

    /// A docket of a base under which nothing was heard.
    fn unheard(&self, posted: &PostedBatch) -> Option<Docket> {
        let base = self.desk.base(&posted.batch.base)?;
        let set = self.desk.set_of(posted.gateway, base.window)?;
        let rollup = self.court.addresses().inbox;
        Some(Docket::new(
            Accused::new(rollup, posted.gateway, set, base),
            0,
        ))
    }

    /// How the batch stands in the newest state; `None` when its number is another one's.
    async fn standing_of(&self, posted: &PostedBatch) -> Result<Option<Standing>, ReviewError> {
        use alloy_sol_types::SolStruct;
        let inbox = self.court.addresses().inbox;
        let record = Inbox::recordCall { batchId: posted.id };
        let record = self.court.read(inbox, &record, BlockId::latest()).await;
        let record = match record {
            Ok(record) => record,
            Err(error) if error.is_revert() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if record.batchHash != posted.batch.eip712_hash_struct() {
            return Ok(None);
        }
        let status = Inbox::statusOfCall { batchId: posted.id };
        let status = self.court.read(inbox, &status, BlockId::latest()).await?;
        Ok(standing(status))
    }

    /// Dockets with something about the batch's blocks, or of its own base, what stands behind each, wei, and the excuse that charges
    /// somebody else with its promises.
    async fn insured(
        &self,
        posted: &PostedBatch,
        (batches, shifter): (&Batches, &Shifter),
    ) -> Result<Vec<(Touched, u128, Bytes)>, ReviewError> {
        let batch = &posted.batch;
        let blocks = batch.firstBlock..=batch.lastBlock;
        let touched: BTreeMap<Touched, Accused> = self
            .desk
            .dockets(|docket| {
                let is_own = docket.accused().base_hash() == batch.base;
                let chain = docket.chain();
                let about = || {
                    chain
                        .frags()
                        .any(|frag| blocks.contains(&frag.message.blockNumber))
                        || chain
                            .seals()
                            .any(|seal| blocks.contains(&seal.message.blockNumber))
                };
                (is_own || about()).then(|| (key(docket), docket.accused().clone()))
            })
            .into_iter()
            .collect();
        let mut with = Vec::new();
        for ((window, gateway, base), accused) in touched {
            let call = Slasher::insuredWeiCall {
                gateway,
                rollup: self.court.addresses().inbox,
                base,
            };
            let slasher = self.court.addresses().slasher;
            let insured = self.court.read(slasher, &call, BlockId::latest()).await?;
            // More than 2^128 wei do not exist.
            let insured = u128::try_from(insured).unwrap_or(u128::MAX);
            let excuse = shifter.excuse(&accused, batches).await?;
            with.push(((window, gateway, base), insured, excuse));
        }
        Ok(with)
    }
}

fn key(docket: &Docket) -> Touched {
    let accused = docket.accused();
    (
        accused.base().window,
        accused.gateway(),
        accused.base_hash(),
    )
}
