//! Fees from users' transfers to those who earned them, and to nobody: real contracts on an embedded L1, the rewards manager on a
//! rollup that a node's RPC serves, a batcher's steward between the two. Only batches' contents are made up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

mod rollup;

use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use eyre::{Result, bail, ensure, eyre};
use forebond_batcher::{
    inbox::InboxReader,
    rewards::{Errands, RevenueFigures, Steward, StewardParts},
};
use forebond_harness::{
    scenario::{
        Stage,
        accounts::Role,
        bonds::Gateway,
        deployment,
        duties::misses::{Plan, miss_and_prove, planned},
        opening::open,
        posting::{self, next_owner, post},
    },
    world::World,
};
use forebond_l1::sender::{Outgoing, SlotRules};
use forebond_protocol::SlotClock;
use forebond_rewards::{
    book::Party,
    claim::{ClaimError, claim},
    overview::{Overview, PartyLine},
};
use forebond_runtime::Metrics;
use rollup::Rollup;

/// Chunks of events that a look may read: more than these chains have.
const CHUNKS: usize = 8;

struct Scene {
    stage: Stage,
    rollup: Rollup,
    steward: Steward,
    errands: Errands,
    metrics: Metrics,
}

impl Scene {
    /// A rollup whose operator is the deployer, and the steward of gateway `me`.
    async fn begin(mut stage: Stage, me: u32) -> Result<Self> {
        deployment::rewards(&mut stage, Role::Deployer.address()?).await?;
        let messenger = stage.contract("RewardsMessenger")?;
        let constants = &stage.constants;
        let payer = Role::Watcher.signer()?;
        let rollup = Rollup::begin(constants.genesis_time_s, messenger, &[]).await?;
        let slots = SlotRules {
            clock: SlotClock {
                genesis_s: constants.genesis_time_s,
                seconds_per_slot: constants.seconds_per_slot,
                slots_per_epoch: constants.slots_per_epoch,
            },
            first_slot: 0,
            last_slot: 0,
            lead_ms: 0,
            grace_ms: 0,
        };
        let metrics = Metrics::new("0")?;
        let figures = RevenueFigures::new(metrics.registry())?;
        let (sender, errands) = Errands::channel(slots, figures.errands.clone());
        let client = stage.world.execution().clone();
        let inbox = stage.contract("Inbox")?;
        let start = client.block(0u64.into()).await?.unwrap();
        let steward = Steward::new(
            StewardParts {
                me,
                manager: rollup.manager(),
                payer,
                errands: sender,
                figures,
            },
            InboxReader::new(client, inbox),
            (messenger, Some(stage.contract("Slasher")?)),
            (stage.contract("GatewayRegistry")?, start.number),
        );
        Ok(Self {
            stage,
            rollup,
            steward,
            errands,
            metrics,
        })
    }

    /// Lets the steward look, and the rollup grow, until there is nothing left to do on the rollup.
    async fn look(&mut self) -> Result<()> {
        // A round of turns of three gateways.
        for _ in 0..60 {
            self.steward.look().await?;
            let newest = self.rollup.newest().await?;
            self.rollup.grow(newest + 1).await?;
        }
        Ok(())
    }

    /// Does on L1 what the steward asks for; gives the receipt with the deposit in it.
    async fn errand(&mut self, expected: &str) -> Result<TransactionReceipt> {
        self.stage.world.advance(1).await?;
        self.look().await?;
        let errand = self
            .errands
            .due()
            .ok_or_else(|| eyre!("no errand: {expected}"))?;
        ensure!(
            errand.what.contains(expected),
            "{}: {expected}",
            errand.what
        );
        let outgoing = Outgoing {
            to: Some(errand.to),
            input: errand.input.clone(),
            ..Outgoing::default()
        };
        let receipt = self.stage.transact(Role::Deployer, outgoing).await?;
        self.errands.done(receipt.block_number.unwrap());
        Ok(receipt)
    }

    async fn deliver(&self, receipt: &TransactionReceipt) -> Result<()> {
        let number = receipt.block_number.unwrap();
        self.rollup.origin(number, Some(receipt)).await
    }

    async fn overview(&self) -> Result<Overview> {
        let overview = Overview::read(&self.rollup.manager(), CHUNKS).await?;
        ensure!(overview.is_conserved(), "{}", overview.words());
        Ok(overview)
    }
}

fn line(overview: &Overview, party: Party, account: Address) -> Result<&PartyLine> {
    let mut lines = overview.parties.iter();
    lines
        .find(|line| line.party == party && line.account == account)
        .ok_or_else(|| eyre!("no {} {account}: {}", party.name(), overview.words()))
}

/// Posts a batch in the window that ends at the slot of `plan` that its operator keeps, with transfers in its first blocks.
async fn posted(scene: &mut Scene, plan: &Plan, gateways: &[&Gateway]) -> Result<(u32, u64, U256)> {
    scene.stage.world.advance_to(plan.kept - 1).await?;
    let (slot, owner, window) = next_owner(&scene.stage).await?;
    ensure!(
        slot == plan.kept && window == slot,
        "slot {slot} ends window {window}"
    );
    let gateway = gateways.iter().find(|gateway| gateway.id == owner);
    let gateway = gateway.ok_or_else(|| eyre!("gateway {owner} is not one of ours"))?;
    let mut made_up = posting::Rollup::default();
    let (receipt, _, batch) = post(&mut scene.stage, &mut made_up, gateway, slot, window).await?;
    ensure!(
        receipt.status() && batch.firstBlock == 1,
        "the batch is not taken"
    );
    let user = Role::Governor.signer()?;
    let mut paid = U256::ZERO;
    for place in 0..7u8 {
        let to = Address::repeat_byte(0x80 + place);
        let receipt = scene.rollup.transfer(&user, to).await?;
        paid += U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    }
    scene.rollup.grow(batch.lastBlock).await?;
    Ok((owner, batch.lastBlock, paid))
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_of_transfers_reach_all_three_parties_to_the_wei() -> Result<()> {
    let (mut stage, opening) = open(World::embedded().await?).await?;
    let plan = planned(&mut stage).await?;
    let owner_of = |gateway: &Gateway| gateway.owner;
    let lent_to = if plan.operator == Role::OperatorA.address()? {
        (&opening.a, Role::OperatorA)
    } else {
        (&opening.b, Role::OperatorB)
    };
    let (gateway, operator) = lent_to;
    let mut scene = Scene::begin(stage, gateway.id).await?;
    let (owner, last, paid) = posted(&mut scene, &plan, &opening.gateways()).await?;
    ensure!(owner == gateway.id, "the window is {owner}'s");

    scene.look().await?;
    for border in [0, last] {
        ensure!(
            scene
                .rollup
                .manager()
                .has_checkpoint(border, BlockId::latest())
                .await?,
            "border {border}"
        );
    }
    posting::until_confirmed(&scene.stage, 1).await?;
    let told = scene.errand("attribute batches [1]").await?;
    // The first deposit is lost on the rollup, as one that runs out of gas: L1 is asked to send it again.
    let lost_in = told.block_number.unwrap();
    scene.rollup.origin(lost_in + 3, None).await?;
    scene.stage.world.advance(4).await?;
    let again = scene.errand("send message 1 again").await?;
    scene.deliver(&again).await?;
    scene.look().await?;

    let overview = scene.overview().await?;
    let rollup = line(&overview, Party::Rollup, Role::Deployer.address()?)?;
    let validator = line(&overview, Party::Validator, plan.operator)?;
    let gateways = line(&overview, Party::Gateway, owner_of(gateway).address()?)?;
    // 7 transfers of the same price: priority and base fees are split, L1 fees are the gateway's.
    let share = |bps: u64| paid * U256::from(bps) / U256::from(10_000);
    assert_eq!(rollup.earned_wei, share(2_000));
    assert_eq!(validator.earned_wei, share(3_000));
    assert!(
        gateways.earned_wei > paid - share(2_000) - share(3_000),
        "and L1 fees"
    );
    let earned = rollup.earned_wei + validator.earned_wei + gateways.earned_wei;
    assert_eq!(overview.earned_wei, earned);
    let text = scene.metrics.render()?;
    for (party, account) in [
        ("rollup", rollup),
        ("validator", validator),
        ("gateway", gateways),
    ] {
        let labels = format!("account=\"{}\",party=\"{party}\"", account.account);
        assert!(
            text.contains(&format!("forebond_fee_revenue_wei_total{{{labels}}}")),
            "{text}"
        );
    }

    // Everybody but the validator is paid at once.
    let manager = scene.rollup.manager();
    for (role, expected) in [(Role::Deployer, rollup), (owner_of(gateway), gateways)] {
        let to = Address::repeat_byte(0x99);
        let before = scene.rollup.client.balance(to).await?;
        let taken = claim(&manager, role.signer()?, Some(to), CHUNKS).await?;
        assert_eq!(taken.paid_wei, expected.earned_wei.to_string());
        let after = scene.rollup.client.balance(to).await?;
        assert_eq!(after - before, expected.earned_wei);
    }
    let early = claim(&manager, operator.signer()?, None, CHUNKS).await;
    let opens = validator.claimable_from_s.unwrap();
    match early {
        Err(ClaimError::Nothing { opens_at_s, .. }) => assert_eq!(opens_at_s, Some(opens)),
        other => bail!("before the pot opens: {other:?}"),
    }
    let genesis_s = scene.stage.constants.genesis_time_s;
    scene.rollup.grow(opens - genesis_s).await?;
    let to = Address::repeat_byte(0x98);
    let taken = claim(&manager, operator.signer()?, Some(to), CHUNKS).await?;
    assert_eq!(taken.paid_wei, validator.earned_wei.to_string());
    assert_eq!(taken.released.len(), 1);

    let end = scene.overview().await?;
    assert_eq!(end.paid_wei, earned);
    scene.rollup.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_slots_burn_what_their_operator_earned_in_the_period_with_no_hand_in_between()
-> Result<()> {
    let (mut stage, opening) = open(World::embedded().await?).await?;
    let plan = planned(&mut stage).await?;
    let mut scene = Scene::begin(stage, 1).await?;
    posted(&mut scene, &plan, &opening.gateways()).await?;
    miss_and_prove(&mut scene.stage, &plan).await?;

    // The forfeiture first: it has a margin, the batch has time.
    let told = scene.errand("forfeited period").await?;
    scene.deliver(&told).await?;
    let told = scene.errand("attribute batches [1]").await?;
    scene.deliver(&told).await?;
    // Gateway 1 posted nothing: others' borders are its to record when nobody did for 256 blocks.
    let newest = scene.rollup.newest().await?;
    scene.rollup.grow(newest + 300).await?;
    scene.look().await?;
    scene.look().await?;

    let overview = scene.overview().await?;
    let validator = line(&overview, Party::Validator, plan.operator)?;
    assert!(!validator.earned_wei.is_zero());
    assert_eq!(validator.forfeited_wei, validator.earned_wei);
    assert_eq!(overview.burned_wei, validator.earned_wei);
    assert_eq!(validator.claimable_wei, U256::ZERO);
    let burned = Address::left_padding_from(&[0xde, 0xad]);
    assert_eq!(
        scene.rollup.client.balance(burned).await?,
        validator.earned_wei
    );
    assert!(scene.errands.due().is_none(), "nothing is told twice");
    scene.rollup.end().await;
    Ok(())
}
