//! The load generator by itself: `cargo run --release -p forebond-bench --example bench -- --help`.

use clap::Parser;
use forebond_bench::BenchArgs;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    bench: BenchArgs,
}

#[tokio::main]
async fn main() -> eyre::Result<()> {
    Command::parse().bench.execute().await
}
