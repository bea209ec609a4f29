use forebond_beacon::bls::PublicKeyBytes;
use forebond_l1::execution::BlockRef;
use forebond_settlement::{Settlement, WindowBook};

use super::{Report, in_time};
use crate::{
    choice::{Had, HealthTerms, choose},
    config::ProposerConfig,
    duties::{
        loans::LEAD_EPOCHS,
        validators::{Place, place_of},
    },
    seen::{Chain, Lookout, unread},
};

/// Where each validator stands.
pub(super) async fn validators(
    chain: &Chain,
    head: BlockRef,
    keys: &[PublicKeyBytes],
    report: &mut Report,
) {
    const WHAT: &str = "validators";
    if keys.is_empty() {
        return;
    }
    let seen = match in_time(chain.validators(head, keys)).await {
        Ok(seen) => seen,
        Err(error) => {
            report.fail(WHAT, error, "look at the beacon node");
            return;
        }
    };
    let (mut active, mut coming, mut open, mut unknown) = (0, 0, 0, 0);
    let epoch = chain
        .facts
        .turns
        .slots
        .epoch_of(chain.facts.slot_of(head.timestamp_s));
    for one in &seen {
        let name = one
            .on_chain
            .map_or_else(|| one.key.to_string(), |known| known.index.to_string());
        match place_of(one, chain.operator) {
            Place::Ours { from_epoch } if from_epoch <= epoch => active += 1,
            Place::Ours { .. } => coming += 1,
            Place::Open => open += 1,
            Place::Unknown => unknown += 1,
            Place::Gone => {
                let mend = "take its key from the signer";
                report.warn(WHAT, format!("{name} is slashed or has exited"), mend);
            }
            Place::Elsewhere { operator } => {
                let mend = "nothing is signed for it; if that operator is yours too, deregister it there first";
                report.warn(WHAT, format!("{name} belongs to operator {operator}"), mend);
            }
            Place::Left { by_key } => {
                let mend = if by_key {
                    format!("start the proposer with --bring-back {name} to register it again")
                } else {
                    "only the account it withdraws to can register it again".to_owned()
                };
                report.warn(WHAT, format!("{name} has left"), mend);
            }
        }
    }
    let found = format!(
        "{} keys: {active} registered, {coming} within two epochs, {open} to be registered, {unknown} unknown to the beacon chain",
        seen.len()
    );
    if active + coming > 0 {
        report.ok(WHAT, found);
    } else {
        let mend = "`forebond proposer` registers them; it takes two epochs";
        report.warn(WHAT, found, mend);
    }
}

/// What is lent, and whether L1 knows whose slots it has.
pub(super) async fn loans(
    config: &ProposerConfig,
    chain: &Chain,
    head: BlockRef,
    settlement: &Settlement,
    report: &mut Report,
) {
    let slots = &chain.facts.turns.slots;
    let epoch = slots.epoch_of(chain.facts.slot_of(head.timestamp_s));
    let book = settlement.windows();
    gateways(config, chain, head, epoch, &book, report).await;
    match in_time(chain.loans(head, epoch)).await {
        Ok(loans) => match loans.first() {
            Some(loan) if loan.covers(epoch) => {
                let found = format!(
                    "lent to gateway {} until epoch {} (now {epoch})",
                    loan.gateway, loan.last_epoch
                );
                report.ok("loan", found);
            }
            Some(loan) => {
                let found = format!(
                    "gateway {} from epoch {} on",
                    loan.gateway, loan.first_epoch
                );
                report.ok("loan", found);
            }
            None => {
                let mend = "`forebond proposer` lends to the best gateway; it takes two epochs";
                report.warn("loan", "nothing is lent", mend);
            }
        },
        Err(error) => report.fail("loan", error, "look at the execution node"),
    }
    let now = slots.slot_at_s(head.timestamp_s);
    if book.schedule.at(now).is_some() {
        report.ok("lookahead", format!("epoch {epoch} is proven"));
    } else {
        let mend = "gateways' batchers and running proposers prove it; windows begin with the rollup's first epoch";
        report.warn(
            "lookahead",
            format!("no window is known for slot {now}"),
            mend,
        );
    }
}

async fn gateways(
    config: &ProposerConfig,
    chain: &Chain,
    head: BlockRef,
    epoch: u64,
    book: &WindowBook,
    report: &mut Report,
) {
    const WHAT: &str = "gateways";
    let Ok(mut lookout) = Lookout::new(HealthTerms {
        down_after: 1,
        up_after: 1,
    }) else {
        return;
    };
    lookout.look(book).await;
    let own = &config.module.own;
    let unread = unread(own, book);
    if !unread.is_empty() {
        let mend = "correct `gateways` and `policy.allow`: the registry has no such number, so none of them can be chosen";
        report.warn(WHAT, format!("{unread:?} are named and not read"), mend);
    }
    let lead = epoch.saturating_add(LEAD_EPOCHS);
    let asked = chain.candidates(head, lead, book, own, |gateway| lookout.health(gateway));
    let candidates = match in_time(asked).await {
        Ok(candidates) => candidates,
        Err(error) => {
            report.fail(WHAT, error, "look at the execution node");
            return;
        }
    };
    let choice = choose(&candidates, &Had::default(), &own.policy);
    let words: Vec<_> = choice
        .candidates
        .iter()
        .map(|(gateway, scored)| match scored {
            Ok(score) => format!("{gateway} scores {score}"),
            Err(why) => format!("{gateway} is unfit ({why:?})"),
        })
        .collect();
    let words = words.join(", ");
    if choice.turns.is_empty() {
        let mend = "look at [modules.policy], or wait for a gateway";
        report.fail(WHAT, format!("none is fit: {words}"), mend);
        return;
    }
    let has_key = |gateway| own.gateway(gateway).is_some_and(|it| it.delegate.is_some());
    match choice.turns.iter().find(|gateway| !has_key(**gateway)) {
        Some(keyless) => {
            let mend = format!(
                "add [[modules.gateways]] with id = {keyless} and its BLS key as `delegate`, or relays are told of none of its slots (loans on L1 count all the same)"
            );
            report.warn(WHAT, words, mend);
        }
        None => report.ok(WHAT, words),
    }
}
