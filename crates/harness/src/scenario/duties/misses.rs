//! Slots that a registered proposer let pass.

use alloy_primitives::Address;
use alloy_sol_types::SolValue;
use eyre::{Result, bail, ensure};
use forebond_contracts::{
    bindings::{
        BeaconVerifiers, IEvidenceShapes as shapes, MissedSlotJudge, Slasher, ValidatorRegistry,
    },
    convert,
};

use crate::scenario::{
    Stage, beacon_proofs,
    deployment::REWARD_PERIOD_EPOCHS,
    faults,
    validators::{Proven, duties, newest_state, prove_two_epochs},
};

/// What happens in the slots ahead, all of one period.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Who misses.
    pub operator: Address,
    /// Its two slots without a block.
    pub missed: [u64; 2],
    /// A slot of the operator that has its block, before those.
    pub kept: u64,
    /// A slot of a validator without an operator.
    pub nobodys: u64,
}

/// An operator misses two lent slots of one period: the first is free, the second costs its rewards.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn miss_and_prove(stage: &mut Stage, plan: &Plan) -> Result<()> {
    let period = plan.missed[0] / stage.constants.slots_per_epoch / REWARD_PERIOD_EPOCHS;
    for slot in plan.missed {
        stage.world.advance_to(slot - 1).await?;
        stage.world.miss_a_slot().await?;
    }
    let last = plan.kept.max(plan.nobodys);
    if stage.world.status().await?.slot < last {
        stage.world.advance_to(last).await?;
    }
    // A state tells only about slots before its block, and the slot after the last one is asked about too.
    stage.world.advance(2).await?;
    let proven = newest_state(stage).await?;
    for slot in plan.missed {
        ensure!(
            was_missed(stage, &proven, slot).await?,
            "slot {slot} was missed"
        );
        for neighbour in [slot - 1, slot + 1] {
            let expected = plan.missed.contains(&neighbour);
            ensure!(
                was_missed(stage, &proven, neighbour).await? == expected,
                "slot {neighbour}, beside the missed slot {slot}, is taken for another"
            );
        }
    }

    for (slot, reason) in [(plan.kept, "SlotHadABlock"), (plan.nobodys, "SlotNotLent")] {
        let evidence = evidence(stage, &proven, slot)?.into();
        let call = MissedSlotJudge::judgeCall { evidence };
        stage.refuses("MissedSlotJudge", &call, reason).await?;
    }
    let rollup = stage.contract("Inbox")?;
    for (count, slot) in (1..).zip(plan.missed) {
        let evidence = evidence(stage, &proven, slot)?;
        faults::slash(stage, "MissedSlotJudge", evidence).await?;
        let misses = Slasher::missesOfCall {
            operator: plan.operator,
            rollup,
            period,
        };
        let misses = stage.read("Slasher", &misses).await?;
        ensure!(misses == count, "{count} misses are counted as {misses}");
        for (period, expected) in [(period, count > 1), (period + 1, false)] {
            let forfeited = Slasher::isForfeitedCall {
                operator: plan.operator,
                rollup,
                period,
            };
            ensure!(
                stage.read("Slasher", &forfeited).await? == expected,
                "after {count} misses, period {period}: forfeited should be {expected}"
            );
        }
    }
    Ok(())
}

/// Waits for a period in whose first two epochs an operator has three slots ahead.
///
/// # Errors
/// When there is none for long.
pub async fn planned(stage: &mut Stage) -> Result<Plan> {
    for _ in 0..10 {
        let first = (stage.epoch().await? / REWARD_PERIOD_EPOCHS + 1) * REWARD_PERIOD_EPOCHS;
        stage.until_epoch(first).await?;
        prove_two_epochs(stage).await?;
        let now = stage.world.status().await?.slot;
        let mut ahead = Vec::new();
        for epoch in [first, first + 1] {
            for duty in duties(stage, epoch).await? {
                let call = ValidatorRegistry::operatorAtCall {
                    validatorIndex: duty.validator_index,
                    epoch,
                };
                let operator = stage.read("ValidatorRegistry", &call).await?;
                if duty.slot > now {
                    ahead.push((operator, duty.slot));
                }
            }
        }
        let slots_of = |wanted: Address| {
            ahead
                .iter()
                .filter(move |(operator, _)| *operator == wanted)
                .map(|(_, slot)| *slot)
        };
        let Some(nobodys) = slots_of(Address::ZERO).next() else {
            continue;
        };
        for (operator, _) in &ahead {
            let mut slots = slots_of(*operator);
            let three = (slots.next(), slots.next(), slots.next());
            if let (Some(kept), Some(one), Some(two)) = three
                && *operator != Address::ZERO
            {
                return Ok(Plan {
                    operator: *operator,
                    missed: [one, two],
                    kept,
                    nobodys,
                });
            }
        }
    }
    bail!("no operator with three slots ahead in ten periods")
}

fn evidence(stage: &Stage, proven: &Proven, slot: u64) -> Result<Vec<u8>> {
    let evidence = shapes::MissedSlotEvidence {
        rollup: stage.contract("Inbox")?,
        absence: beacon_proofs::presence(proven, slot)?,
    };
    Ok(evidence.abi_encode())
}

async fn was_missed(stage: &Stage, proven: &Proven, slot: u64) -> Result<bool> {
    let proof: BeaconVerifiers::SlotPresenceProof =
        convert(&beacon_proofs::presence(proven, slot)?)?;
    stage
        .read("BeaconVerifiers", &BeaconVerifiers::wasMissedCall { proof })
        .await
}
