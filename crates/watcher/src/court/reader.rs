use alloy_eips::BlockId;
use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use forebond_contracts::bindings::{ForkJudge, Inbox, Lookahead, Parameters, Slasher};
use forebond_evidence::{
    Accusation, Culprit, FaultKind, Ripe,
    case::{Case, Charged, Hearing, Recorded, Sight, hearing, is_worth_bringing},
    docket::Standing,
    fault_ids::case_key,
};
use forebond_l1::{
    L1Error,
    execution::{BlockRef, ExecutionClient},
};
use forebond_protocol::SlotClock;

use super::{Addresses, search_all};
use crate::payer::revert_of;

/// Epochs before its window in which a base can be judged already.
const EPOCHS_AHEAD: u64 = 2;

/// Why a case could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CourtError {
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// An answer that is none.
    #[error("{call}: the answer does not decode ({reason}); is the contract of this version?")]
    Answer {
        /// What was called.
        call: &'static str,
        /// Why not.
        reason: String,
    },
}

impl CourtError {
    /// The contract refused to answer.
    pub(crate) fn is_revert(&self) -> bool {
        matches!(self, Self::L1(error) if revert_of(error).is_some())
    }
}

/// How long behind a window evidence about it is heard, seconds (`Trials.sol`).
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// Of most faults.
    pub plain_s: u64,
    /// Of faults that a verdict has to show first: longer than that.
    pub behind_a_verdict_s: u64,
}

/// Reads what L1 shows of cases. It remembers nothing, so reorgs and restarts need no care.
#[derive(Clone, Debug)]
pub struct Court {
    client: ExecutionClient,
    addresses: Addresses,
    clock: SlotClock,
    watcher: Address,
}

impl Court {
    /// For the cases of `watcher`.
    pub const fn new(
        client: ExecutionClient,
        addresses: Addresses,
        clock: SlotClock,
        watcher: Address,
    ) -> Self {
        Self {
            client,
            addresses,
            clock,
            watcher,
        }
    }

    /// The contracts.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// L1's slots.
    pub const fn clock(&self) -> SlotClock {
        self.clock
    }

    /// The node asked.
    pub const fn client(&self) -> &ExecutionClient {
        &self.client
    }

    /// Makes an accusation a case: who judges it, for whom, and until when.
    ///
    /// # Errors
    /// [`CourtError`].
    pub async fn case(&self, accusation: Accusation) -> Result<Case, CourtError> {
        let epoch = self.clock.epoch_of(accusation.window);
        let heard = self.heard(epoch).await?;
        let horizon_s = match accusation.kind {
            FaultKind::Unkept | FaultKind::FalseClaim => heard.behind_a_verdict_s,
            _ => heard.plain_s,
        };
        let window_ends_s = self.clock.start_s(accusation.window.saturating_add(1));
        Ok(Case {
            judge: self.addresses.judge(accusation.judge),
            watcher: self.watcher,
            until_s: window_ends_s.saturating_add(horizon_s),
            accusation,
        })
    }

    /// How long evidence about a window of this epoch is heard.
    ///
    /// # Errors
    /// [`CourtError`].
    pub async fn heard(&self, epoch: u64) -> Result<Heard, CourtError> {
        let latest = BlockId::latest();
        let terms = Parameters::termsAtCall { epoch };
        let terms = self.read(self.addresses.parameters, &terms, latest).await?;
        let config = Inbox::configCall {};
        let config = self.read(self.addresses.inbox, &config, latest).await?;
        let settled_s = config
            .claimWindowSeconds
            .saturating_add(config.resolverSeconds);
        let plain_s = terms.evidenceHorizonSeconds;
        Ok(Heard {
            plain_s,
            behind_a_verdict_s: plain_s
                .max(settled_s)
                .saturating_add(terms.claimPeriodSeconds),
        })
    }

    /// What the newest block shows of a case. The judge is not asked.
    ///
    /// # Errors
    /// [`CourtError`].
    pub async fn sight(&self, case: &Case) -> Result<Sight, CourtError> {
        let head = self.client.head().await?;
        let at = BlockId::hash(head.hash);
        let recorded = Slasher::isRecordedCall {
            faultId: case.accusation.id,
        };
        let recorded = if self.read(self.addresses.slasher, &recorded, at).await? {
            self.recorded(case, head).await?
        } else {
            None
        };
        let batch = match case.accusation.ripe {
            Ripe::AtOnce => None,
            Ripe::Confirmed { batch_id } => {
                let status = Inbox::statusOfCall { batchId: batch_id };
                standing(self.read(self.addresses.inbox, &status, at).await?)
            }
        };
        Ok(Sight {
            head: head.number,
            now_s: head.timestamp_s,
            batch,
            recorded,
            committed: self.committed(case, head).await?,
            hearing: None,
            in_flight: false,
        })
    }

    /// Asks the judge, in the newest state, when there is something to take for it.
    ///
    /// # Errors
    /// [`CourtError::L1`] when there is no answer; a refusal is one.
    pub async fn hear(&self, case: &Case) -> Result<Hearing, CourtError> {
        if !self.has_bond_behind(case).await? {
            return Ok(Hearing::NothingToTake);
        }
        let call = ForkJudge::judgeCall {
            evidence: case.accusation.evidence.clone(),
        };
        let answer = self.client.call(case.judge, call.abi_encode().into()).await;
        match answer {
            Ok(returned) => Ok(hearing(Ok(&returned), case.accusation.id)),
            Err(error) => {
                let revert = revert_of(&error).ok_or(error)?;
                Ok(hearing(Err(&revert), case.accusation.id))
            }
        }
    }

    /// Whether something stands behind the base, the money that its case holds included: users are paid from that, too. Operators
    /// answer with rewards.
    async fn has_bond_behind(&self, case: &Case) -> Result<bool, CourtError> {
        let Culprit::Gateway { gateway, base } = case.accusation.culprit else {
            return Ok(true);
        };
        let call = Slasher::insuredWeiCall {
            gateway,
            rollup: case.accusation.rollup,
            base,
        };
        let slasher = self.addresses.slasher;
        let behind = self.read(slasher, &call, BlockId::latest()).await?;
        // More than 2^128 wei do not exist.
        let behind_wei = u128::try_from(behind).unwrap_or(u128::MAX);
        if is_worth_bringing(behind_wei) {
            return Ok(true);
        }
        self.excuses_others(case, gateway).await
    }

    /// Whether a verdict is worth its price without a wei to take: a gateway that owned the window had successors, and one that built
    /// on what has fallen is excused by nothing else (R5). Who never put up a bond owned none.
    async fn excuses_others(&self, case: &Case, gateway: u32) -> Result<bool, CourtError> {
        if !case.accusation.kind.excuses_others() {
            return Ok(false);
        }
        let call = Lookahead::windowAtCall {
            rollup: case.accusation.rollup,
            slot: case.accusation.window,
        };
        let lookahead = self.addresses.lookahead;
        match self.read(lookahead, &call, BlockId::latest()).await {
            Ok(window) => {
                Ok(window.gateway == gateway && window.lastSlot == case.accusation.window)
            }
            // Nobody proved the epoch: nobody owned the window.
            Err(error) if error.is_revert() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The newest own commitment to this evidence.
    async fn committed(&self, case: &Case, head: BlockRef) -> Result<Option<u64>, CourtError> {
        let topics = [Slasher::Committed::SIGNATURE_HASH, case.commitment()];
        let logs = self.logs(case, head, &topics).await?;
        Ok(logs.last().and_then(|log| log.block_number))
    }

    async fn recorded(&self, case: &Case, head: BlockRef) -> Result<Option<Recorded>, CourtError> {
        let id = case.accusation.id;
        if matches!(case.accusation.culprit, Culprit::Operator(_)) {
            let topics = [Slasher::OperatorFaultRecorded::SIGNATURE_HASH, id];
            let logs = self.logs(case, head, &topics).await?;
            // Whoever brought it gets nothing for it, so it does not matter who it was.
            return Ok(logs
                .last()
                .and_then(|log| log.block_number)
                .map(|block| Recorded {
                    watcher: self.watcher,
                    block,
                    charged: None,
                    closes_at_s: None,
                    is_closed: false,
                    is_paid: false,
                }));
        }
        let topics = [Slasher::FaultRecorded::SIGNATURE_HASH, id];
        let logs = self.logs(case, head, &topics).await?;
        let Some(log) = logs.last() else {
            return Ok(None);
        };
        let event = Slasher::FaultRecorded::decode_log(&log.inner)
            .map_err(|error| unreadable(Slasher::FaultRecorded::SIGNATURE, error))?;
        let block = log.block_number.unwrap_or(head.number);
        let is_mine = event.watcher == self.watcher;
        // As recorded: an excuse has charged somebody else than the accused.
        let charged = Charged {
            gateway: event.gateway,
            base: event.base,
        };
        let charged = self.charged_now(case, charged, head).await?;
        let view = Slasher::caseOfCall {
            gateway: charged.gateway,
            rollup: case.accusation.rollup,
            base: charged.base,
        };
        let at = BlockId::hash(head.hash);
        let view = self.read(self.addresses.slasher, &view, at).await?;
        // A case that was opened again after ours was closed is another one.
        let topics = [
            Slasher::CaseClosed::SIGNATURE_HASH,
            B256::left_padding_from(&charged.gateway.to_be_bytes()),
            case.accusation.rollup.into_word(),
            charged.base,
        ];
        let closings = self.logs(case, head, &topics).await?;
        let is_closed = closings
            .iter()
            .any(|closing| closing.block_number > Some(block));
        Ok(Some(Recorded {
            watcher: event.watcher,
            block,
            charged: Some(charged),
            closes_at_s: (view.closesAt != 0).then_some(view.closesAt),
            is_closed,
            is_paid: is_mine && is_closed && self.is_paid(case, charged, head).await?,
        }))
    }

    /// Whose case a recorded fault lies in now: a verdict may have moved it to another one (R5).
    async fn charged_now(
        &self,
        case: &Case,
        recorded: Charged,
        head: BlockRef,
    ) -> Result<Charged, CourtError> {
        let accusation = &case.accusation;
        if !matches!(accusation.kind, FaultKind::Unkept | FaultKind::Late) {
            return Ok(recorded);
        }
        let claim = Slasher::claimOfCall {
            faultId: accusation.id,
        };
        let at = BlockId::hash(head.hash);
        let claim = self.read(self.addresses.slasher, &claim, at).await?;
        let is_there = |charged: &Charged| {
            let key = case_key(charged.gateway, accusation.rollup, charged.base);
            key == claim.caseKey
        };
        if is_there(&recorded) {
            return Ok(recorded);
        }
        // The liable one's own verdict names its case.
        let topics = [Slasher::FaultRecorded::SIGNATURE_HASH];
        let logs = self.logs(case, head, &topics).await?;
        let mut cases = logs.iter().filter_map(|log| {
            let event = Slasher::FaultRecorded::decode_log(&log.inner).ok()?;
            Some(Charged {
                gateway: event.gateway,
                base: event.base,
            })
        });
        Ok(cases.find(is_there).unwrap_or(recorded))
    }

    /// The bounty was paid, or there is none.
    async fn is_paid(
        &self,
        case: &Case,
        charged: Charged,
        head: BlockRef,
    ) -> Result<bool, CourtError> {
        let topics = [
            Slasher::Paid::SIGNATURE_HASH,
            case.accusation.id,
            self.watcher.into_word(),
        ];
        if !self.logs(case, head, &topics).await?.is_empty() {
            return Ok(true);
        }
        let input = claim_call(&case.accusation, charged).abi_encode().into();
        match self.client.call(self.addresses.slasher, input).await {
            Ok(_) => Ok(false),
            Err(error) => {
                let revert = revert_of(&error).ok_or(error)?;
                let nothing = Slasher::NothingToClaim::SELECTOR;
                Ok(revert.starts_with(&nothing))
            }
        }
    }

    async fn logs(
        &self,
        case: &Case,
        head: BlockRef,
        topics: &[B256],
    ) -> Result<Vec<alloy_rpc_types_eth::Log>, CourtError> {
        // At most one block a slot: so many blocks back, nobody could know of the fault.
        let heard_from = case
            .accusation
            .window
            .saturating_sub(EPOCHS_AHEAD.saturating_mul(self.clock.slots_per_epoch));
        let slots = self
            .clock
            .slot_at_s(head.timestamp_s)
            .saturating_sub(heard_from);
        let from = head.number.saturating_sub(slots);
        let range = (from, head.number);
        Ok(search_all(&self.client, self.addresses.slasher, topics, range).await?)
    }

    /// A call in the state after a block.
    pub(crate) async fn read<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        at: BlockId,
    ) -> Result<C::Return, CourtError> {
        let answer = self
            .client
            .call_at(to, call.abi_encode().into(), at)
            .await?;
        C::abi_decode_returns(&answer).map_err(|error| unreadable(C::SIGNATURE, error))
    }
}

/// The call that fetches the bounty.
pub(crate) const fn claim_call(
    accusation: &Accusation,
    charged: Charged,
) -> Slasher::claimBountyCall {
    Slasher::claimBountyCall {
        faultId: accusation.id,
        gateway: charged.gateway,
        rollup: accusation.rollup,
        base: charged.base,
    }
}

fn unreadable(call: &'static str, error: impl ToString) -> CourtError {
    CourtError::Answer {
        call,
        reason: error.to_string(),
    }
}

/// `BatchStatus` of `IInbox.sol`; 0 is none.
pub(crate) const fn standing(status: u8) -> Option<Standing> {
    match status {
        1 => Some(Standing::Posted),
        2 => Some(Standing::Disputed),
        3 => Some(Standing::Confirmed),
        4 => Some(Standing::Void),
        5 => Some(Standing::Orphaned),
        _ => None,
    }
}
