//! `forebond rewards`.

use std::io::Write;

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use eyre::{Result, WrapErr, eyre};
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_rewards::{claim::claim, overview::Overview, rollup::Manager};

/// Variable with the key of the party that claims.
const KEY: &str = "FOREBOND_REWARDS_KEY";
/// What is read of a chain at most, 5,000 blocks each: a year and a half of 1-second blocks.
const MOST_CHUNKS: usize = 10_000;

/// Shows who earned the rollup's fees, and takes one's own.
#[derive(clap::Args)]
pub(crate) struct RewardsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who earned what, what is claimable and from when, what was paid, what is forfeited
    Show {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Claim all that a party can claim now. Its key: FOREBOND_REWARDS_KEY
    Claim {
        #[command(flatten)]
        node: NodeArgs,
        /// Who is paid, if not the party itself
        #[arg(long, value_name = "ADDRESS")]
        to: Option<Address>,
    },
}

#[derive(clap::Args)]
struct NodeArgs {
    /// JSON-RPC of a node or gateway of the rollup
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl NodeArgs {
    fn manager(&self) -> Result<Manager> {
        let client = ExecutionClient::new(&ExecutionConfig::new(&self.rpc))
            .wrap_err_with(|| format!("--rpc {}", self.rpc))?;
        Ok(Manager::new(client))
    }
}

pub(crate) fn run(args: RewardsArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    runtime.block_on(async {
        match args.what {
            What::Show { node } => {
                let overview = Overview::read(&node.manager()?, MOST_CHUNKS).await?;
                print(&if node.json {
                    serde_json::to_string_pretty(&overview)?
                } else {
                    overview.words()
                })?;
            }
            What::Claim { node, to } => {
                let taken = claim(&node.manager()?, signer()?, to, MOST_CHUNKS).await?;
                print(&if node.json {
                    serde_json::to_string_pretty(&taken)?
                } else {
                    format!(
                        "{} wei of {} paid to {} (transaction {}, {} pots opened)",
                        taken.paid_wei,
                        taken.account,
                        taken.to,
                        taken.transaction,
                        taken.released.len()
                    )
                })?;
            }
        }
        Ok(())
    })
}

fn print(words: &str) -> Result<()> {
    let mut out = std::io::stdout();
    Ok(writeln!(out, "{words}").and_then(|()| out.flush())?)
}

fn signer() -> Result<PrivateKeySigner> {
    std::env::var(KEY)
        .map_err(|_| eyre!("{KEY} is not set: the key of the party that claims"))?
        .trim()
        .parse()
        .map_err(|_| eyre!("{KEY} is not a private key of 32 bytes in hex"))
}
