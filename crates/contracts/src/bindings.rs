//! Calls, events and errors of the contracts, generated from their committed artifacts: one module a contract.
//!
//! Structs that several contracts share appear in each module; [`crate::convert`] carries values between them and
//! `forebond-types`.

#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_arguments
)]

macro_rules! bind {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(alloy_sol_types::sol!(
            #[sol(all_derives, ignore_unlinked)]
            $name,
            $path
        );)*
    };
}

// A fee vault is asked by the calls of the same names of `RewardsManager`: a binding of its own would define `IFeeVault` again.
bind! {
    FuluLayout = "../../contracts/artifacts/FuluLayout.json",
    Timelock = "../../contracts/artifacts/Timelock.json",
    BeaconVerifiers = "../../contracts/artifacts/BeaconVerifiers.json",
    ValidatorRegistry = "../../contracts/artifacts/ValidatorRegistry.json",
    Parameters = "../../contracts/artifacts/Parameters.json",
    GatewayRegistry = "../../contracts/artifacts/GatewayRegistry.json",
    BondVault = "../../contracts/artifacts/BondVault.json",
    Lookahead = "../../contracts/artifacts/Lookahead.json",
    ForkJudge = "../../contracts/artifacts/ForkJudge.json",
    TwinLeavesJudge = "../../contracts/artifacts/TwinLeavesJudge.json",
    BatchForkJudge = "../../contracts/artifacts/BatchForkJudge.json",
    LieJudge = "../../contracts/artifacts/LieJudge.json",
    BrokenBaseJudge = "../../contracts/artifacts/BrokenBaseJudge.json",
    FalseClaimJudge = "../../contracts/artifacts/FalseClaimJudge.json",
    OrderJudge = "../../contracts/artifacts/OrderJudge.json",
    DoubleDelegationJudge = "../../contracts/artifacts/DoubleDelegationJudge.json",
    Excuses = "../../contracts/artifacts/Excuses.json",
    IEvidenceShapes = "../../contracts/artifacts/IEvidenceShapes.json",
    UnkeptJudge = "../../contracts/artifacts/UnkeptJudge.json",
    LateJudge = "../../contracts/artifacts/LateJudge.json",
    MissedSlotJudge = "../../contracts/artifacts/MissedSlotJudge.json",
    Slasher = "../../contracts/artifacts/Slasher.json",
    AttesterResolver = "../../contracts/artifacts/AttesterResolver.json",
    Inbox = "../../contracts/artifacts/Inbox.json",
    Portal = "../../contracts/artifacts/Portal.json",
    RewardsMessenger = "../../contracts/artifacts/RewardsMessenger.json",
    RewardsManager = "../../contracts/artifacts/RewardsManager.json",
}
