//! `forebond bench`: the load generator has its own arguments and report.

use eyre::WrapErr;
use forebond_bench::BenchArgs;

pub(crate) fn run(args: BenchArgs) -> eyre::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    runtime.block_on(args.execute())
}
