//! Starts gossip beside the streams.

use super::{
    Input, NetOptions,
    history::ChainHistory,
    judge::TurnJudge,
    links::Links,
    listening::listen,
    now_ms,
    publishing::{Publisher, publish},
};
use crate::core::StandingBoard;
use alloy_primitives::Address;
use crossbeam_channel::Sender;
use eyre::WrapErr;
use forebond_ledger::rpc::ChainReader;
use forebond_net::{Identity, Net, NetConfig};
use forebond_settlement::Settlement;
use std::{path::Path, sync::Arc};
use tokio::task::JoinHandle;

/// File of the identity in the data directory.
const IDENTITY: &str = "net-identity";

/// What gossip is started with.
pub(super) struct Around<'a> {
    pub(super) settlement: &'a Settlement,
    pub(super) reader: &'a Arc<ChainReader>,
    pub(super) standing: &'a Arc<StandingBoard>,
    pub(super) inputs: &'a Sender<Input>,
    pub(super) links: &'a Arc<Links>,
    pub(super) data_dir: &'a Path,
    /// Whose messages are published.
    pub(super) publish_as: Option<Address>,
}

/// Joins the rollup's gossip; what it returns runs until it is aborted.
pub(super) async fn join(
    options: &NetOptions,
    around: Around<'_>,
) -> eyre::Result<Vec<JoinHandle<()>>> {
    let facts = around.settlement.facts();
    let config = NetConfig {
        listen: vec![options.listen.clone()],
        bootnodes: options.bootnodes.clone(),
        identity: Identity::File(around.data_dir.join(IDENTITY)),
        ..NetConfig::new(around.reader.config.chain_id, facts.separator)
    };
    let settlement = around.settlement.clone();
    let judge = TurnJudge::new(
        move || settlement.windows(),
        facts.turns,
        around.standing.clone(),
        around.reader.board.clone(),
        now_ms,
    );
    let settlement = around.settlement.clone();
    let history = ChainHistory {
        reader: around.reader.clone(),
        standing: around.standing.clone(),
        last_block: Box::new(move |window| {
            let window = settlement.windows().schedule.window(window)?;
            Some(settlement.facts().turns.blocks_of(&window).last)
        }),
    };
    let (net, events) = Net::start(config, Arc::new(judge), Arc::new(history))
        .await
        .wrap_err("joining gossip")?;
    for address in net.listen_addrs() {
        tracing::info!(%address, "gossip; others name this address with --bootnode");
    }
    // Nobody else sets it.
    let _ = around.links.gossip.set(net);
    let mut tasks = vec![tokio::spawn(listen(
        events,
        around.inputs.clone(),
        around.links.clone(),
    ))];
    if let Some(me) = around.publish_as {
        let publisher = Publisher::new(me, around.standing.clone());
        let events = around.reader.board.subscribe();
        tasks.push(tokio::spawn(publish(
            events,
            publisher,
            around.links.clone(),
        )));
    }
    Ok(tasks)
}
