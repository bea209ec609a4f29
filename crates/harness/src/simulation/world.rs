//! The world: one step after the other, in virtual time.

use super::{
    OpenedTurn, PostedRange, Summary, Violation,
    agenda::{Agenda, Event},
    chance::Chance,
    faults::{Fault, Plan},
    l1::SimL1,
    network::Network,
    pen::Died,
    process::{Node, Role},
    rules::{FIRST_SLOT, Rules, WALLETS},
    trace::Trace,
    wallet,
    watch::{Broken, Cause, Watch, sealed},
};
use alloy_primitives::B256;
use eyre::{OptionExt, eyre};
use forebond_follower::Want;
use forebond_types::Envelope;
use std::collections::BTreeSet;

/// Between two looks of a process.
const TICK_MS: u64 = 40;
/// Between two looks of a batcher.
const BATCHER_MS: u64 = 240;
/// Between two times that a follower tells again what it misses.
const ASK_AGAIN_MS: u64 = 500;
/// A supervisor starts a process that died after this time.
const RESTART_MS: u64 = 2_000;
/// Between two transactions of a wallet, at least.
const WALLET_MS: u64 = 700;

pub(crate) struct World {
    seed: u64,
    plan: Plan,
    rules: Rules,
    chance: Chance,
    agenda: Agenda,
    now_ms: u64,
    step: u64,
    end_ms: u64,
    l1: SimL1,
    network: Network,
    nodes: Vec<Node>,
    watch: Watch,
    trace: Trace,
    fetching: BTreeSet<(usize, B256, u32)>,
    asking_until_ms: Vec<u64>,
    well_since_ms: u64,
    /// Processes that are dead for good.
    gone: BTreeSet<usize>,
    start_ms: u64,
    turns: Vec<OpenedTurn>,
}

enum Stopped {
    Broken(Broken),
    Failed(eyre::Report),
}

impl From<eyre::Report> for Stopped {
    fn from(error: eyre::Report) -> Self {
        Self::Failed(error)
    }
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl World {
    pub(crate) fn new(seed: u64, plan: Plan, aloud: bool) -> eyre::Result<Self> {
        let mut chance = Chance::new(seed);
        let last_slot = FIRST_SLOT
            .saturating_add(plan.slots)
            .saturating_add(calm_slots(&plan));
        let rules = Rules::new(&plan, last_slot.saturating_add(24), &mut chance)?;
        let roles = (0..plan.gateways)
            .map(Role::Gateway)
            .chain(std::iter::repeat_n(Role::Follower, plan.followers))
            .chain([Role::Deriver]);
        let mut nodes = Vec::new();
        for role in roles {
            let mut node = Node::new(role, &rules, &mut chance)?;
            let skew = i64::try_from(plan.skew_ms)?;
            let span = plan.skew_ms.saturating_mul(2);
            node.skew_ms = i64::try_from(chance.between(0, span))?.saturating_sub(skew);
            nodes.push(node);
        }
        let start_ms = rules.slot_ms(2);
        let mut agenda = Agenda::default();
        agenda.at(start_ms, Event::Slot(2));
        for node in 0..nodes.len() {
            agenda.at(start_ms, Event::Start(node));
        }
        for wallet in 0..usize::from(WALLETS) {
            agenda.at(rules.slot_ms(FIRST_SLOT), Event::Wallet(wallet));
        }
        for (after_ms, fault) in &plan.faults {
            agenda.at(
                start_ms.saturating_add(*after_ms),
                Event::Fault(fault.clone()),
            );
        }
        Ok(Self {
            seed,
            network: Network::new(&plan),
            end_ms: rules.slot_ms(last_slot),
            asking_until_ms: vec![0; nodes.len()],
            plan,
            rules,
            chance,
            agenda,
            now_ms: start_ms,
            step: 0,
            l1: SimL1::new(),
            nodes,
            watch: Watch::default(),
            trace: Trace::new(aloud),
            fetching: BTreeSet::new(),
            well_since_ms: start_ms,
            gone: BTreeSet::new(),
            start_ms,
            turns: Vec::new(),
        })
    }

    /// Runs to the end, or to the first broken invariant.
    pub(crate) fn run(mut self) -> Result<Summary, Box<Violation>> {
        let outcome = self.steps().and_then(|()| self.judge());
        match outcome {
            Ok(summary) => Ok(summary),
            Err(stopped) => {
                let (invariant, why) = match stopped {
                    Stopped::Broken(broken) => broken,
                    Stopped::Failed(error) => ("no_process_stops_by_itself", format!("{error:#}")),
                };
                Err(Box::new(Violation {
                    invariant,
                    why,
                    seed: self.seed,
                    step: self.step,
                    events: self.trace.newest(),
                }))
            }
        }
    }

    fn steps(&mut self) -> Result<(), Stopped> {
        while let Some((at_ms, event)) = self.agenda.next() {
            if at_ms > self.end_ms {
                break;
            }
            self.now_ms = at_ms;
            self.step = self.step.saturating_add(1);
            self.take(event)?;
        }
        Ok(())
    }

    fn say(&mut self, words: impl AsRef<str>) {
        self.trace.add(self.now_ms, words.as_ref());
    }

    fn later(&mut self, after_ms: u64, event: Event) {
        self.agenda.at(self.now_ms.saturating_add(after_ms), event);
    }

    fn node(&mut self, index: usize) -> eyre::Result<&mut Node> {
        self.nodes.get_mut(index).ok_or_eyre("a node that is not")
    }

    fn take(&mut self, event: Event) -> Result<(), Stopped> {
        match event {
            Event::Slot(slot) => self.slot(slot),
            Event::Start(node) if self.gone.contains(&node) => Ok(()),
            Event::Start(node) => self.start(node),
            Event::Tick(node) => self.tick(node),
            Event::L1Look(index) => {
                let now_ms = self.now_ms;
                let (Some(node), rules, l1) = (self.nodes.get_mut(index), &self.rules, &self.l1)
                else {
                    return Ok(());
                };
                if node.blind_until_ms > now_ms {
                    return Ok(());
                }
                let before = latest_of(node);
                let reorg = node.look_at_l1(rules, l1)?;
                let cause = Cause {
                    l1: true,
                    reorg,
                    start: false,
                };
                self.after(index, before, cause)
            }
            Event::Heard(index, envelope) => {
                let deriver = self.nodes.len().saturating_sub(1);
                if index == deriver {
                    return Ok(());
                }
                if let Envelope::Base(base) = envelope.as_ref() {
                    self.watch.heard_base(index, base.base.window);
                }
                let words = words_of(&envelope);
                self.say(format!("{index} hears {words}"));
                let rules = &self.rules;
                let Some(node) = self.nodes.get_mut(index) else {
                    return Ok(());
                };
                let before = latest_of(node);
                node.hear(rules, *envelope)?;
                self.after(index, before, Cause::default())
            }
            Event::Asked { by, whom, from } => {
                let found = self.node(whom)?.messages(from)?;
                let after_ms = self.network.delay_ms(&mut self.chance);
                self.say(format!(
                    "{whom} gives {by} {} messages from block {from} on",
                    found.len()
                ));
                if self.network.reaches(whom, by, self.now_ms) {
                    for envelope in found {
                        self.later(after_ms, Event::Heard(by, Box::new(envelope)));
                    }
                }
                Ok(())
            }
            Event::Blobs(index, batch) => {
                if self.l1.hidden_until_ms > self.now_ms {
                    let at_ms = self.l1.hidden_until_ms.saturating_add(1);
                    self.agenda.at(at_ms, Event::Blobs(index, batch));
                    return Ok(());
                }
                let key = (batch.at.hash, batch.id);
                self.fetching.remove(&(index, key.0, key.1));
                let blobs = self.l1.blobs.get(&key).cloned();
                let Some(node) = self.nodes.get_mut(index) else {
                    return Ok(());
                };
                let before = latest_of(node);
                if let (Some(life), Some(blobs)) = (&mut node.life, blobs) {
                    life.follower
                        .blobs(&batch, blobs)
                        .map_err(eyre::Report::from)?;
                }
                let cause = Cause {
                    l1: true,
                    ..Cause::default()
                };
                self.after(index, before, cause)
            }
            Event::Posting(posting) => {
                self.l1.offer(*posting);
                Ok(())
            }
            Event::Wallet(index) => self.wallet(index),
            Event::Transaction(index, raw) => {
                let chain_id = self.rules.derive.chain.chain_id;
                Ok(self.node(index)?.take_transaction(raw, chain_id)?)
            }
            Event::Fault(fault) => Ok(self.fault(&fault)?),
        }
    }

    fn slot(&mut self, slot: u64) -> Result<(), Stopped> {
        let said = self.l1.slot(&self.rules, slot, &mut self.chance);
        for words in said {
            self.say(words);
        }
        for node in 0..self.nodes.len() {
            let after_ms = self.chance.between(5, 300);
            self.later(after_ms, Event::L1Look(node));
        }
        let next = slot.saturating_add(1);
        self.agenda.at(self.rules.slot_ms(next), Event::Slot(next));
        let deriver = self.nodes.last().and_then(|node| node.life.as_ref());
        let safe = deriver.map_or(0, |life| life.follower.derived_head().number);
        let limit_ms = limit_slots(!self.gone.is_empty()).saturating_mul(2_000);
        self.watch
            .progress(safe, self.now_ms, self.well_since_ms, limit_ms)?;
        Ok(())
    }

    fn start(&mut self, index: usize) -> Result<(), Stopped> {
        let (Some(node), rules) = (self.nodes.get_mut(index), &self.rules) else {
            return Ok(());
        };
        if node.life.is_some() {
            return Ok(());
        }
        node.start(rules)?;
        let tip = latest_of(node);
        self.say(format!("{index} starts with block {tip}"));
        self.later(1, Event::Tick(index));
        self.later(20, Event::L1Look(index));
        let cause = Cause {
            start: true,
            ..Cause::default()
        };
        self.after(index, tip, cause)
    }

    fn tick(&mut self, index: usize) -> Result<(), Stopped> {
        let now_ms = self.now_ms;
        let (Some(node), rules, l1) = (self.nodes.get_mut(index), &self.rules, &self.l1) else {
            return Ok(());
        };
        if node.life.is_none() {
            return Ok(());
        }
        let before = latest_of(node);
        let had_turn = node.life.as_ref().is_some_and(|life| life.turn.is_some());
        let mut posting = None;
        let mut died = None;
        match node.look_at_turn(rules, now_ms) {
            Ok(()) => {
                if (now_ms / TICK_MS).is_multiple_of(BATCHER_MS / TICK_MS) {
                    posting = node.look_at_batches(rules, l1, now_ms)?;
                }
                node.keep_checkpoint()?;
            }
            Err(error) => died = Some(error.downcast::<Died>()?),
        }
        if let Some(life) = &mut node.life
            && now_ms >= life.asked_ms.saturating_add(ASK_AGAIN_MS)
        {
            life.asked_ms = now_ms;
            life.follower.ask_again();
        }
        // When a turn ends, what L1 said meanwhile is dealt with, and blobs that had come.
        let has_turn = node.life.as_ref().is_some_and(|life| life.turn.is_some());
        let cause = Cause {
            l1: had_turn && !has_turn,
            ..Cause::default()
        };
        if let Some(posting) = posting {
            self.say(format!(
                "{index} posts blocks {}-{} for slot {}",
                posting.batch.firstBlock, posting.batch.lastBlock, posting.slot
            ));
            let after_ms = self.chance.between(20, 150);
            self.later(after_ms, Event::Posting(Box::new(posting)));
        }
        self.after(index, before, cause)?;
        if let Some(died) = died {
            self.say(format!("{index}: {died}"));
            self.well_since_ms = now_ms.saturating_add(RESTART_MS);
            self.crash(index, Some(RESTART_MS))?;
        } else {
            self.later(TICK_MS, Event::Tick(index));
        }
        Ok(())
    }

    /// What a step gave out goes its way, and the invariants are asked.
    fn after(&mut self, index: usize, latest_before: u64, cause: Cause) -> Result<(), Stopped> {
        let Some(node) = self.nodes.get_mut(index) else {
            return Ok(());
        };
        let out = std::mem::take(&mut node.pen.out);
        let address = node.pen.address;
        for words in out.said {
            self.say(format!("{index} {words}"));
        }
        for (window, parent, grade) in out.opened {
            self.turns.push(OpenedTurn {
                after_ms: self.now_ms.saturating_sub(self.start_ms),
                gateway: index,
                window,
                parent,
                grade,
            });
        }
        for message in out.signed {
            self.watch.signed(address, message)?;
        }
        for frag in out.promised {
            let of_block = self.watch.promised.entry(frag.frag.blockNumber);
            of_block.or_default().push((address, frag));
        }
        for envelope in out.envelopes {
            if let Envelope::Base(base) = &envelope {
                self.watch.heard_base(index, base.base.window);
            }
            let words = words_of(&envelope);
            self.say(format!("{index} sends {words}"));
            self.send(index, &envelope);
        }
        for raw in out.left {
            for other in (0..self.plan.gateways).filter(|other| *other != index) {
                let after_ms = self.network.delay_ms(&mut self.chance);
                self.later(after_ms, Event::Transaction(other, raw.clone()));
            }
        }
        let node = self
            .nodes
            .get(index)
            .ok_or_else(|| eyre!("a node that is not"))?;
        self.watch.heads(index, node, cause)?;
        if index == self.plan.gateways
            && let Some(life) = &node.life
        {
            self.watch.observe(life, latest_before)?;
        }
        self.wants(index)
    }

    fn send(&mut self, from: usize, envelope: &Envelope) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            for after_ms in self.network.copies(from, to, self.now_ms, &mut self.chance) {
                self.later(after_ms, Event::Heard(to, Box::new(envelope.clone())));
            }
        }
    }

    fn wants(&mut self, index: usize) -> Result<(), Stopped> {
        let deriver = self.nodes.len().saturating_sub(1);
        let Some(life) = self
            .nodes
            .get_mut(index)
            .and_then(|node| node.life.as_mut())
        else {
            return Ok(());
        };
        // Markers come with the range around them.
        let tip = life
            .follower
            .ledger()
            .map_or(1, |ledger| ledger.tip().start.opening.number.max(1));
        for want in life.follower.take_wants() {
            let want = match want {
                Want::Base { .. } | Want::EndSeal { .. } => Want::Range { from_block: tip },
                other => other,
            };
            match want {
                Want::Base { .. } | Want::EndSeal { .. } => {}
                Want::Blobs(batch) => {
                    if self.fetching.insert((index, batch.at.hash, batch.id)) {
                        let after_ms = self.chance.between(10, 400);
                        self.later(after_ms, Event::Blobs(index, batch));
                    }
                }
                Want::Range { from_block } => {
                    let asking = self.asking_until_ms.get(index).copied().unwrap_or(0);
                    if index == deriver || asking > self.now_ms {
                        continue;
                    }
                    if let Some(until) = self.asking_until_ms.get_mut(index) {
                        *until = self.now_ms.saturating_add(100);
                    }
                    self.ask(index, from_block)?;
                }
            }
        }
        Ok(())
    }

    /// The first peer that is reached and has something.
    fn ask(&mut self, by: usize, from: u64) -> eyre::Result<()> {
        let peers = self.nodes.len().saturating_sub(1);
        let first = self.chance.place(peers);
        for place in 0..peers {
            let whom = first.saturating_add(place) % peers.max(1);
            if whom == by || !self.network.reaches(by, whom, self.now_ms) {
                continue;
            }
            if self.node(whom)?.messages(from)?.is_empty() {
                continue;
            }
            let after_ms = self.network.delay_ms(&mut self.chance);
            self.later(after_ms, Event::Asked { by, whom, from });
            return Ok(());
        }
        Ok(())
    }

    fn wallet(&mut self, index: usize) -> Result<(), Stopped> {
        let again_ms = self.chance.between(WALLET_MS, WALLET_MS.saturating_mul(3));
        self.later(again_ms, Event::Wallet(index));
        let Some(duty) = self.rules.on_duty(self.now_ms) else {
            return Ok(());
        };
        // A wallet asks the observer for its nonce, and sends to the gateway on duty.
        let observer = self.nodes.get(self.plan.gateways);
        let Some(life) = observer.and_then(|node| node.life.as_ref()) else {
            return Ok(());
        };
        let raw = wallet::transfer(index, life, &self.rules, &mut self.chance)?;
        if self.chance.percent(self.network.lost_percent) {
            return Ok(());
        }
        let after_ms = self.network.delay_ms(&mut self.chance);
        self.later(after_ms, Event::Transaction(duty, raw));
        Ok(())
    }

    fn crash(&mut self, index: usize, down_ms: Option<u64>) -> eyre::Result<()> {
        self.node(index)?.crash()?;
        self.fetching.retain(|(node, ..)| *node != index);
        match down_ms {
            Some(down_ms) => self.later(down_ms, Event::Start(index)),
            None => {
                self.gone.insert(index);
            }
        }
        Ok(())
    }

    fn fault(&mut self, fault: &Fault) -> eyre::Result<()> {
        self.say(format!("FAULT {fault:?}"));
        let now_ms = self.now_ms;
        let for_ms = match fault {
            Fault::Crash { node, down_ms } => {
                self.crash(*node, *down_ms)?;
                down_ms.unwrap_or(0)
            }
            Fault::LostDisk { node, down_ms } => {
                if self.node(*node)?.life.is_some() {
                    self.crash(*node, Some(*down_ms))?;
                    self.node(*node)?.pen.disk.lose();
                }
                *down_ms
            }
            Fault::CrashAt { node, point } => {
                self.node(*node)?.pen.dies_at = Some(*point);
                0
            }
            Fault::Parted { a, b, for_ms } => {
                self.network.part(*a, *b, now_ms.saturating_add(*for_ms));
                *for_ms
            }
            Fault::Deaf { node, for_ms } => {
                for other in 0..self.nodes.len() {
                    self.network
                        .part(other, *node, now_ms.saturating_add(*for_ms));
                }
                *for_ms
            }
            Fault::Blind { node, for_ms } => {
                self.node(*node)?.blind_until_ms = now_ms.saturating_add(*for_ms);
                *for_ms
            }
            Fault::Missed { slots } => {
                let turns = self.rules.facts.turns.slots;
                let slot = turns.slot_at_ms(now_ms);
                let missed = slot.saturating_add(1)..=slot.saturating_add(*slots);
                self.l1.missed.extend(missed);
                slots.saturating_mul(2_000)
            }
            Fault::Reorg { depth } => {
                self.l1.reorg(*depth);
                2_000
            }
            Fault::Hidden { for_ms } => {
                self.l1.hidden_until_ms = now_ms.saturating_add(*for_ms);
                *for_ms
            }
        };
        let until_ms = now_ms.saturating_add(for_ms).saturating_add(RESTART_MS);
        self.well_since_ms = self.well_since_ms.max(until_ms);
        Ok(())
    }

    /// The end: what was promised is compared with what follows from L1, and everybody agrees.
    fn judge(&mut self) -> Result<Summary, Stopped> {
        let life = |index: usize| self.nodes.get(index).and_then(|node| node.life.as_ref());
        let deriver =
            life(self.nodes.len().saturating_sub(1)).ok_or_else(|| eyre!("no deriver"))?;
        let observer = life(self.plan.gateways).ok_or_else(|| eyre!("no observer"))?;
        let (promises, unkept) = self.watch.judge(deriver, observer, &self.l1)??;
        if self.plan.is_calm() && unkept > 0 {
            return Err(Stopped::Broken((
                "every_promise_is_kept_when_nothing_goes_wrong",
                format!("{unkept} of {promises} promises are not kept"),
            )));
        }
        let safe = deriver.follower.derived_head();
        // A few blocks of the newest batch may not be everywhere yet.
        let settled = safe.number.saturating_sub(30);
        let expected = sealed(deriver, settled)?.map(|block| block.hash);
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(life) = &node.life {
                let found = sealed(life, settled)?.map(|block| block.hash);
                if found != expected {
                    return Err(Stopped::Broken((
                        "all_agree_in_the_end",
                        format!("{index} has {found:?} at {settled}, {expected:?} follows from L1"),
                    )));
                }
            }
        }
        let batches = self.l1.head().map_or(0, |entry| entry.inbox.line().len());
        let line = self.l1.head().map(|entry| entry.inbox.line());
        let mut posted: Vec<PostedRange> = line
            .into_iter()
            .flatten()
            .map(|taken| PostedRange {
                window: taken.batch.window,
                slot: taken.slot,
                last_block: taken.batch.lastBlock,
            })
            .collect();
        posted.reverse();
        Ok(Summary {
            blocks: safe.number,
            tip: observer.follower.reader().board.view().pending_number(),
            batches,
            promises,
            unkept,
            posted,
            turns: std::mem::take(&mut self.turns),
            steps: self.step,
            fingerprint: self.trace.fingerprint(),
        })
    }
}

fn latest_of(node: &Node) -> u64 {
    node.life.as_ref().map_or(0, |life| {
        life.follower.reader().board.view().latest.number()
    })
}

/// Slots in which what follows from L1 has to grow.
const fn limit_slots(dead: bool) -> u64 {
    if dead { 34 } else { 18 }
}

/// Slots without faults at the end: as many as show that nothing has halted.
fn calm_slots(plan: &Plan) -> u64 {
    let dead = plan
        .faults
        .iter()
        .any(|(_, fault)| matches!(fault, Fault::Crash { down_ms: None, .. }));
    limit_slots(dead).saturating_add(4)
}

fn words_of(envelope: &Envelope) -> String {
    match envelope {
        Envelope::Base(base) => format!(
            "the base of window {} on block {}",
            base.base.window, base.base.parentBlock
        ),
        Envelope::Frag(frag) => format!(
            "frag {} of block {} ({} transactions)",
            frag.frag.sequence, frag.frag.blockNumber, frag.frag.transactionCount
        ),
        Envelope::Seal(seal) => format!(
            "the seal of block {}{}",
            seal.seal.blockNumber,
            if seal.seal.endOfWindow {
                ", the turn's last"
            } else {
                ""
            }
        ),
    }
}
