//! A rollup as its contracts on L1 show it: windows, batches, deposits and origins, through reorgs.
//!
//! [`Settlement::start`] reads the rollup's fixed facts, checks them against [`RollupFile`], and follows L1 from a block the reader
//! names. Every L1 block arrives once as [`L1Event::Applied`], after [`L1Event::Undone`] for each block it replaces. Two books are
//! kept beside the events, each replaced as a whole: [`WindowBook`] (who may write) and [`OriginBook`] (what blocks build on).
//!
//! Decisions are plain code (`feed::read`, `origins`, `windows::survey`); requests are made in `contracts`, `feed::run`,
//! `windows::keeper` and `blobs`, each with a deadline and a limited number of tries.

mod blobs;
mod contracts;
mod error;
mod facts;
mod feed;
mod handle;
mod origins;
mod rollup_file;
mod windows;

pub use blobs::{BlobSource, BlobsError};
pub use contracts::ContractsAt;
pub use error::{Advice, SettlementError};
pub use facts::Facts;
pub use feed::{FeedHealth, L1Block, L1Event, PostedBatch, StoredBase, Verdict, origin_of};
pub use handle::{Settlement, SettlementConfig};
pub use origins::{OriginBook, OriginError, OriginRule};
pub use rollup_file::{
    BlobFeeStep, ContractAddresses, FundedAccount, GenesisPreset, L1Facts, L1Start,
    MissingContract, RollupFile, RollupGenesis,
};
pub use windows::{CommitterSet, GatewayEpoch, GatewayInfo, WindowBook};
