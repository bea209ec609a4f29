// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What the pool asks of the two tokens it trades.
interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// @title ConstantProductPool
/// @notice Trades two tokens along reserve0 * reserve1 = k and keeps 0.3 % of what is paid in for the liquidity providers.
/// @dev An example with the storage and call pattern of a real exchange. Reserves are what the pool has booked, not its
///      token balance: units sent to it directly belong to nobody and cannot move the price.
contract ConstantProductPool {
    uint256 private constant FEE_NUMERATOR = 997;
    uint256 private constant FEE_DENOMINATOR = 1000;

    address public immutable token0;
    address public immutable token1;

    // Both reserves share one storage slot: a swap writes it once.
    uint128 public reserve0;
    uint128 public reserve1;

    uint256 public totalShares;
    mapping(address provider => uint256 shares) public sharesOf;

    event LiquidityAdded(address indexed provider, uint256 amount0, uint256 amount1, uint256 shares);
    event LiquidityRemoved(address indexed provider, uint256 amount0, uint256 amount1, uint256 shares);
    event Swap(address indexed trader, address indexed tokenIn, uint256 amountIn, uint256 amountOut, address to);

    error EqualTokens();
    error UnknownToken(address token);
    error TooLittleOut(uint256 amountOut, uint256 minimumOut);
    error TooFewShares(uint256 shares, uint256 minimumShares);
    error ZeroAmount();
    error ReserveOverflow(uint256 reserve);
    error TransferRefused(address token);

    constructor(address first, address second) {
        if (first == second) revert EqualTokens();
        token0 = first;
        token1 = second;
    }

    /// @notice Pays in both tokens, in the pool's present ratio or the first provider's choice.
    /// @param amount0 Units of token0 to pay in; must be approved beforehand, like amount1.
    /// @param minimumShares The call reverts when it would book fewer shares than this.
    /// @return shares Shares booked for the caller; the part of the payment above the ratio is a gift to the pool.
    function addLiquidity(uint256 amount0, uint256 amount1, uint256 minimumShares) external returns (uint256 shares) {
        (uint256 before0, uint256 before1, uint256 total) = (reserve0, reserve1, totalShares);
        if (total == 0) {
            shares = _squareRoot(amount0 * amount1);
        } else {
            uint256 by0 = (amount0 * total) / before0;
            uint256 by1 = (amount1 * total) / before1;
            shares = by0 < by1 ? by0 : by1;
        }
        if (shares == 0) revert ZeroAmount();
        if (shares < minimumShares) revert TooFewShares(shares, minimumShares);

        _book(before0 + amount0, before1 + amount1);
        totalShares = total + shares;
        sharesOf[msg.sender] += shares;
        _take(token0, amount0);
        _take(token1, amount1);
        emit LiquidityAdded(msg.sender, amount0, amount1, shares);
    }

    /// @notice Gives shares back for the caller's part of both reserves.
    function removeLiquidity(uint256 shares, uint256 minimum0, uint256 minimum1)
        external
        returns (uint256 amount0, uint256 amount1)
    {
        (uint256 before0, uint256 before1, uint256 total) = (reserve0, reserve1, totalShares);
        if (shares == 0) revert ZeroAmount();
        sharesOf[msg.sender] -= shares; // reverts when the caller has fewer
        amount0 = (before0 * shares) / total;
        amount1 = (before1 * shares) / total;
        if (amount0 < minimum0) revert TooLittleOut(amount0, minimum0);
        if (amount1 < minimum1) revert TooLittleOut(amount1, minimum1);

        totalShares = total - shares;
        _book(before0 - amount0, before1 - amount1);
        _give(token0, msg.sender, amount0);
        _give(token1, msg.sender, amount1);
        emit LiquidityRemoved(msg.sender, amount0, amount1, shares);
    }

    /// @notice Sells amountIn units of tokenIn for the other token.
    /// @param minimumOut The call reverts when the trade would bring fewer units than this.
    /// @param to Who receives the units bought.
    function swap(address tokenIn, uint256 amountIn, uint256 minimumOut, address to)
        external
        returns (uint256 amountOut)
    {
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        bool sells0 = tokenIn == token0;
        if (!sells0 && tokenIn != token1) revert UnknownToken(tokenIn);

        if (sells0) {
            amountOut = _out(amountIn, before0, before1);
            _book(before0 + amountIn, before1 - amountOut);
        } else {
            amountOut = _out(amountIn, before1, before0);
            _book(before0 - amountOut, before1 + amountIn);
        }
        if (amountOut < minimumOut) revert TooLittleOut(amountOut, minimumOut);

        _take(tokenIn, amountIn);
        _give(sells0 ? token1 : token0, to, amountOut);
        emit Swap(msg.sender, tokenIn, amountIn, amountOut, to);
    }

    /// @notice What a sale of amountIn units of tokenIn would bring now.
    function quote(address tokenIn, uint256 amountIn) external view returns (uint256 amountOut) {
        if (tokenIn == token0) return _out(amountIn, reserve0, reserve1);
        if (tokenIn == token1) return _out(amountIn, reserve1, reserve0);
        revert UnknownToken(tokenIn);
    }

    /// @dev Rounds down, in the pool's favour, so that k never shrinks.
    function _out(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) private pure returns (uint256) {
        if (amountIn == 0) revert ZeroAmount();
        uint256 paid = amountIn * FEE_NUMERATOR;
        return (paid * reserveOut) / (reserveIn * FEE_DENOMINATOR + paid);
    }

    /// @dev State first, tokens afterwards: a token that calls back sees the new reserves.
    function _book(uint256 after0, uint256 after1) private {
        if (after0 > type(uint128).max) revert ReserveOverflow(after0);
        if (after1 > type(uint128).max) revert ReserveOverflow(after1);
        reserve0 = uint128(after0);
        reserve1 = uint128(after1);
    }

    function _take(address token, uint256 amount) private {
        if (!IERC20(token).transferFrom(msg.sender, address(this), amount)) revert TransferRefused(token);
    }

    function _give(address token, address to, uint256 amount) private {
        if (!IERC20(token).transfer(to, amount)) revert TransferRefused(token);
    }

    /// @dev The whole part of the square root, by Newton's method from above.
    function _squareRoot(uint256 value) private pure returns (uint256 root) {
        if (value < 2) return value;
        root = value;
        uint256 next = value / 2 + 1;
        while (next < root) {
            root = next;
            next = (value / root + root) / 2;
        }
    }
}
