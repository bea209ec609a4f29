// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attribution, FeeProof, Pot, Revenue, Settlement} from "../types/Rewards.sol";

/// The rollup's fees, on the rollup: measures what each Confirmed batch earned, splits it, and pays (R14, R25). It is the code behind
/// the coinbase 0x4200…0011, to which the other fee vaults pay.
///
/// Crediting a coinbase calls no code. So what came in is measured: **balance + everything that ever left**, at the ends of two blocks,
/// proven from their headers (`checkpoint`). Who earned it comes from L1 (`attribute`). `settle` joins the two, batch by batch in the
/// order of the chain, and `claim` pays. Anyone may call all but `attribute` and `forfeit`.
interface IRewardsManager {
    /// At the end of block `blockNumber`, `sharedWei` of fees to be split and `l1FeesWei` of L1 fees had ever come in.
    event Checkpointed(uint64 indexed blockNumber, uint256 sharedWei, uint256 l1FeesWei);
    /// Batch number `place` of the Confirmed chain (from 1).
    event Attributed(uint64 indexed place, Attribution attribution);
    event Settled(
        uint64 indexed place,
        address indexed gateway,
        address indexed operator,
        uint64 firstBlock,
        uint64 lastBlock,
        Settlement settlement
    );
    /// Nobody took a checkpoint of both borders in time: what the batch earned goes to the rollup operator with the next settlement.
    event Unmeasured(uint64 indexed place, uint64 firstBlock, uint64 lastBlock);
    /// `operator` lost its rewards of `period`, those that come later included.
    event Forfeited(address indexed operator, uint64 indexed period);
    /// The rewards of an open period became claimable.
    event Released(address indexed operator, uint64 indexed period, address indexed account, uint256 amountWei);
    /// The rewards of a forfeited period are gone.
    event Burned(address indexed operator, uint64 indexed period, uint256 amountWei);
    event Claimed(address indexed account, address indexed to, uint256 amountWei);

    /// `attribute` and `forfeit` are the messenger's: the aliased address of the RewardsMessenger on L1.
    error NotTheMessenger(address messenger, address got);
    /// Another attribution stands at this place: it never changes.
    error AttributionDiffers(uint64 place, bytes32 stored, bytes32 got);
    /// The next batch to settle has no attribution yet, or another one.
    error NotTheNext(uint64 place, bytes32 stored, bytes32 got);
    /// The chain does not remember the block: too old, not there yet, or no block at all (EIP-2935).
    error BlockUnknown(uint64 blockNumber);
    error WrongHeader(uint64 blockNumber, bytes32 expected, bytes32 got);
    /// Beyond 2^120 wei: there is not that much ETH.
    error TooMuch(uint256 amountWei);
    /// Take a checkpoint of this block first; it is not too late.
    error BorderMissing(uint64 blockNumber);
    error NothingInPot(address operator, uint64 period);
    error PotNotOpen(uint64 opensAt, uint256 timestamp);
    error NothingToClaim(address account);

    /// Records what had come in at the end of a block of the last 8191. Take one of the block before a batch and one of its last block.
    function checkpoint(FeeProof calldata proof) external;

    /// Says who earned the batches from number `firstPlace` on. In any order, any number of times: the same again changes nothing. Only the messenger.
    function attribute(uint64 firstPlace, Attribution[] calldata attributions) external;

    /// Settles the next batches, in their order. `attributions` are those of `Attributed`. A batch is measured by checkpoints of both
    /// borders; when one of them is missing for good, the batch is passed over (`Unmeasured`).
    function settle(Attribution[] calldata attributions) external;

    /// The operator loses what it earned in `period`. Idempotent. Only the messenger.
    function forfeit(address operator, uint64 period) external;

    /// Makes an operator's rewards of an open period claimable, or burns them when they are forfeited (at once).
    function release(address operator, uint64 period) external;

    /// Pays all that the caller may claim to `to`.
    function claim(address to) external returns (uint256 amountWei);

    /// Aliased address of the RewardsMessenger; set in genesis, never changes. Zero: no L1, no attribution.
    function messenger() external view returns (address);

    /// Batches settled or passed over so far.
    function settledPlace() external view returns (uint64);

    /// keccak256(abi.encode(Attribution)) of batch number `place`; zero before it arrives.
    function attributionAt(uint64 place) external view returns (bytes32);

    /// What had come in at the end of a block; false without a checkpoint.
    function checkpointAt(uint64 blockNumber) external view returns (bool known, uint256 sharedWei, uint256 l1FeesWei);

    /// What an account can claim now, in wei.
    function creditOf(address account) external view returns (uint256 amountWei);

    /// What an account was ever credited, claimed or not, in wei.
    function earnedBy(address account) external view returns (uint256 amountWei);

    function potOf(address operator, uint64 period) external view returns (Pot memory);

    /// What each kind of party was credited so far (operators: pots included), and what was burned of it.
    function revenue() external view returns (Revenue memory);
}
