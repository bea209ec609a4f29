// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Who may own windows at all. The first phase is the most careful one, and the switch turns both ways.
enum ReleasePhase {
    /// Only the rollups' fallback gateways.
    FallbackOnly,
    /// Gateways on the whitelist.
    Whitelist,
    /// Every gateway but those on the blacklist.
    Blacklist,
    /// Every gateway.
    Open
}

/// The release switch, turned by governance through a timelock, with effect two epochs later like everything else that decides
/// who owns a slot.
interface IReleasePhases {
    event PhaseChanged(ReleasePhase phase, uint64 fromEpoch);
    event ListingChanged(uint32 indexed gateway, bool whitelisted, bool blacklisted, uint64 fromEpoch);

    error NotTheGovernor(address caller, address governor);

    /// Phase from epoch + 2 on. Only the governor.
    function switchPhase(ReleasePhase phase) external;

    /// Puts a gateway on both lists or takes it off, from epoch + 2 on, whatever the phase. Only the governor.
    function list(uint32 gateway, bool whitelisted, bool blacklisted) external;

    function phaseAt(uint64 epoch) external view returns (ReleasePhase);

    function listingAt(uint32 gateway, uint64 epoch) external view returns (bool whitelisted, bool blacklisted);

    /// The phase and the lists let the gateway own windows that end in `epoch`.
    function admittedAt(uint32 gateway, uint64 epoch) external view returns (bool);
}
