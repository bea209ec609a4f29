// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What the OP Stack's tools know of a fee vault. Names, signatures and events are the OP Stack's own.
/// https://specs.optimism.io/protocol/predeploys.html#sequencerfeevault
interface IFeeVault {
    enum WithdrawalNetwork {
        L1,
        L2
    }

    /// `value` wei left the vault `from` for `to`. Emitted twice, with and without the network, as the OP Stack does.
    event Withdrawal(uint256 value, address to, address from);
    event Withdrawal(uint256 value, address to, address from, WithdrawalNetwork withdrawalNetwork);

    /// Least balance, in wei, that `withdraw` sends: none.
    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256);

    /// Where `withdraw` sends the balance.
    function RECIPIENT() external view returns (address);

    /// Always L2.
    function WITHDRAWAL_NETWORK() external view returns (WithdrawalNetwork);

    function minWithdrawalAmount() external view returns (uint256);

    function recipient() external view returns (address);

    function withdrawalNetwork() external view returns (WithdrawalNetwork);

    /// Wei that ever left. In storage slot 0: balance + this is what ever came in, and can be proven for any recent block.
    function totalProcessed() external view returns (uint256);

    /// Sends what is there to the recipient. Anyone.
    function withdraw() external;

    function version() external view returns (string memory);
}
