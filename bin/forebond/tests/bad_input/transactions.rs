//! Transactions that may not be taken, and what their senders are told.

use crate::{
    finish,
    support::{ANY_FEE, Client, Gateway, Home, Wallet, quantity},
};
use alloy_consensus::{SignableTransaction, Signed, TxEip1559, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, uint};
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use serde_json::{Value, json};

/// Order of the curve: `s` and `ORDER - s` sign the same message.
const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
/// Largest transaction taken, bytes.
const MAX_BYTES: usize = 131_072;
const SERVER: i64 = -32000;
const INVALID_PARAMS: i64 = -32602;

type Case = (&'static str, Bytes, i64, &'static str);

fn to() -> TxKind {
    TxKind::Call(Address::repeat_byte(0x77))
}

fn raw<T>(signed: Signed<T>) -> Bytes
where
    Signed<T>: Encodable2718,
{
    signed.encoded_2718().into()
}

/// The same transaction with another signature.
fn resigned(tx: TxEip1559, r: U256, s: U256, odd_y: bool) -> Bytes {
    raw(tx.into_signed(Signature::new(r, s, odd_y)))
}

/// A transaction of `wallet` with the next nonce that is right except for what `change` does to it.
fn but(wallet: &Wallet, nonce: u64, change: impl FnOnce(&mut TxEip1559)) -> Bytes {
    let mut tx = wallet.template(nonce, to(), 1, 21_000, Bytes::new());
    change(&mut tx);
    wallet.sign(tx)
}

/// Every transaction that is wrong by itself or for an account whose next nonce is `nonce`.
fn cases(wallet: &Wallet, nonce: u64, balance: U256) -> Vec<Case> {
    let good = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
    let template = wallet.template(nonce, to(), 1, 21_000, Bytes::new());
    let signed = *wallet.signed(template.clone()).signature();
    let legacy = |chain_id| TxLegacy {
        chain_id,
        nonce,
        gas_price: 2_000_000_000,
        gas_limit: 21_000,
        to: to(),
        value: U256::from(1),
        input: Bytes::new(),
    };
    let blob = TxEip4844 {
        chain_id: 9545,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        max_fee_per_blob_gas: 1,
        blob_versioned_hashes: vec![B256::repeat_byte(1)],
        ..Default::default()
    };
    let no_authorizations = TxEip7702 {
        chain_id: 9545,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        ..Default::default()
    };
    let deposit = OpTxEnvelope::from(TxDeposit {
        from: wallet.address,
        mint: 1_000_000_000_000_000_000,
        gas_limit: 21_000,
        ..Default::default()
    });
    let sized = |input_bytes: usize| {
        but(wallet, nonce, |tx| {
            tx.gas_limit = 30_000_000;
            tx.input = vec![0; input_bytes].into();
        })
    };
    let initcode = but(wallet, nonce, |tx| {
        tx.to = TxKind::Create;
        tx.gas_limit = 30_000_000;
        tx.input = vec![0; 49_153].into();
    });
    // Value and offered gas take the whole balance, and nothing is left for the fee of L1's bytes.
    let all_but_l1_fee = but(wallet, nonce, |tx| {
        tx.value = balance - U256::from(tx.gas_limit) * U256::from(tx.max_fee_per_gas);
    });
    let after = |bytes: &[u8]| Bytes::from([&good[..], bytes].concat());
    vec![
        ("nothing", Bytes::new(), INVALID_PARAMS, "rlp"),
        (
            "a lone type byte",
            Bytes::from_static(&[2]),
            INVALID_PARAMS,
            "rlp",
        ),
        ("garbage", vec![0xde; 300].into(), INVALID_PARAMS, "rlp"),
        (
            "typed garbage",
            [vec![2], vec![0xff; 300]].concat().into(),
            INVALID_PARAMS,
            "rlp",
        ),
        (
            "an empty list",
            Bytes::from_static(&[0xc0]),
            INVALID_PARAMS,
            "rlp",
        ),
        (
            "a list that claims 4 GiB",
            Bytes::from_static(&[2, 0xfb, 0xff, 0xff, 0xff, 0xff, 1]),
            INVALID_PARAMS,
            "rlp",
        ),
        (
            "cut short",
            good.slice(..good.len() - 1),
            INVALID_PARAMS,
            "rlp",
        ),
        ("a trailing byte", after(&[0]), INVALID_PARAMS, "rlp"),
        ("two transactions", after(&good), INVALID_PARAMS, "rlp"),
        (
            "a blob transaction",
            raw(wallet.signed(blob)),
            SERVER,
            "type not supported: got type 3",
        ),
        (
            "a deposit from a user",
            deposit.encoded_2718().into(),
            SERVER,
            "type not supported: got type 126",
        ),
        (
            "an unknown type",
            Bytes::from_static(&[0x7f, 0xc0]),
            SERVER,
            "got type 127",
        ),
        (
            "another chain",
            but(wallet, nonce, |tx| tx.chain_id = 1),
            SERVER,
            "invalid chain id for signer: have 1 want 9545",
        ),
        (
            "another chain, legacy",
            raw(wallet.signed(legacy(Some(1)))),
            SERVER,
            "invalid chain id for signer",
        ),
        (
            "no chain",
            raw(wallet.signed(legacy(None))),
            SERVER,
            "only replay-protected (EIP-155)",
        ),
        (
            "the malleable twin",
            resigned(
                template.clone(),
                signed.r(),
                ORDER - signed.s(),
                !signed.v(),
            ),
            SERVER,
            "invalid sender",
        ),
        (
            "a signature of zeros",
            resigned(template.clone(), U256::ZERO, U256::ZERO, false),
            SERVER,
            "invalid sender",
        ),
        (
            "r beyond the order",
            resigned(template.clone(), U256::MAX, signed.s(), false),
            SERVER,
            "invalid sender",
        ),
        (
            "a signature of something else",
            resigned(
                TxEip1559 {
                    value: U256::from(2),
                    ..template
                },
                signed.r(),
                signed.s(),
                signed.v(),
            ),
            SERVER,
            // It recovers somebody else, who has nothing.
            "insufficient funds",
        ),
        (
            "a used nonce",
            // Not the very transaction that used it: that one is answered with its promise.
            but(wallet, nonce - 1, |tx| tx.value = U256::from(2)),
            SERVER,
            "nonce too low",
        ),
        (
            "a nonce too far ahead",
            but(wallet, nonce, |tx| tx.nonce = nonce + 65),
            SERVER,
            "nonce too high",
        ),
        (
            "the last nonce",
            but(wallet, nonce, |tx| tx.nonce = u64::MAX),
            SERVER,
            "nonce too high",
        ),
        (
            "more than it owns",
            but(wallet, nonce, |tx| tx.value = balance),
            SERVER,
            "insufficient funds",
        ),
        (
            "everything there is",
            but(wallet, nonce, |tx| tx.value = U256::MAX),
            SERVER,
            "insufficient funds",
        ),
        (
            "nothing left for the L1 fee",
            all_but_l1_fee,
            SERVER,
            "insufficient funds",
        ),
        (
            "more gas than a transaction may have",
            but(wallet, nonce, |tx| tx.gas_limit = 30_000_001),
            SERVER,
            "transaction gas limit too high",
        ),
        (
            "more gas than a block has",
            but(wallet, nonce, |tx| tx.gas_limit = u64::MAX),
            SERVER,
            "exceeds block gas limit",
        ),
        (
            "less than the intrinsic gas",
            but(wallet, nonce, |tx| tx.gas_limit = 20_999),
            SERVER,
            "intrinsic gas too low: have 20999, want 21000",
        ),
        (
            "less than the floor of its bytes",
            but(wallet, nonce, |tx| {
                tx.gas_limit = 30_000;
                tx.input = vec![1; 1000].into();
            }),
            SERVER,
            "intrinsic gas too low",
        ),
        (
            "a tip under the quote",
            but(wallet, nonce, |tx| tx.max_priority_fee_per_gas = 99_999),
            SERVER,
            "tip below the quoted minimum",
        ),
        (
            "a fee cap that leaves no room for the quote",
            but(wallet, nonce, |tx| {
                tx.max_fee_per_gas = 1_000_100;
                tx.max_priority_fee_per_gas = 1_000_100;
            }),
            SERVER,
            "tip below the quoted minimum",
        ),
        (
            "a tip above the fee cap",
            but(wallet, nonce, |tx| tx.max_fee_per_gas = 999_999_999),
            SERVER,
            "max priority fee per gas higher than max fee per gas",
        ),
        (
            "128 KiB and a byte",
            sized(MAX_BYTES),
            SERVER,
            "oversized data",
        ),
        ("a megabyte", sized(1_000_000), SERVER, "oversized data"),
        (
            "init code beyond EIP-3860",
            initcode,
            SERVER,
            "max initcode size exceeded",
        ),
        (
            "no authorizations",
            raw(wallet.signed(no_authorizations)),
            SERVER,
            "at least one authorization",
        ),
    ]
}

/// Sends every bad transaction by every way in; nothing of them may be left afterwards.
pub fn send_bad_transactions(gateway: &Gateway, wallet: &Wallet) {
    let mut client = gateway.client();
    gateway.assert_promises(wallet);
    let nonce = client.nonce(wallet.address, "pending");
    let balance = client.call("eth_getBalance", json!([wallet.address, "pending"]));
    let balance: U256 = serde_json::from_value(balance).unwrap();
    for (what, raw, code, words) in cases(wallet, nonce, balance) {
        for (method, params) in [
            ("eth_sendRawTransaction", json!([raw])),
            ("eth_sendRawTransactionSync", json!([raw])),
            ("eth_requestPreconf", json!([raw, ANY_FEE])),
        ] {
            let error = client.refusal(method, params);
            // EIP-7966 has a code of its own for a missing nonce.
            let sync_gap = method.ends_with("Sync") && words == "nonce too high";
            let code = if sync_gap { 6 } else { code };
            assert_eq!(error["code"], code, "{method}, {what}: {error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(words), "{method}, {what}: {message}");
        }
    }
    assert_eq!(client.nonce(wallet.address, "pending"), nonce);
    let after = client.call("eth_getBalance", json!([wallet.address, "pending"]));
    assert_eq!(serde_json::from_value::<U256>(after).unwrap(), balance);
}

fn pool_is_empty(client: &mut Client) -> bool {
    let pool = client.call("eth_getGatewayStatus", json!([]))["pool"].clone();
    pool["ready"] == 0 && pool["held"] == 0 && pool["bytes"] == 0
}

#[test]
fn every_bad_transaction_is_refused_in_words_and_leaves_no_trace() {
    let home = Home::new();
    let gateway = home.start(&[]);
    send_bad_transactions(&gateway, &Wallet::dev(0));
    assert!(pool_is_empty(&mut gateway.client()));
    finish(gateway);
}

#[test]
fn the_largest_transaction_allowed_is_promised() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let sized = |input_bytes: usize| {
        but(&wallet, 0, |tx| {
            tx.gas_limit = 30_000_000;
            tx.input = vec![0; input_bytes].into();
        })
    };
    let overhead = sized(100_000).len() - 100_000;
    let raw = sized(MAX_BYTES - overhead);
    assert_eq!(raw.len(), MAX_BYTES);
    let object = client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
    assert_eq!(object["transaction"], json!(raw));
    finish(gateway);
}

#[test]
fn a_fee_cap_of_the_user_under_the_quote_is_answered_with_the_quote() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let raw = wallet.transfer(0, Address::repeat_byte(0x77), 1);
    let quote = quantity(&client.call("eth_maxPriorityFeePerGas", json!([])));
    let error = client.refusal(
        "eth_requestPreconf",
        json!([raw, format!("{:#x}", quote - 1)]),
    );
    assert_eq!(error["code"], SERVER, "{error}");
    assert_eq!(error["data"]["quote"], format!("{quote:#x}"), "{error}");
    assert_eq!(error["data"]["maxFee"], format!("{:#x}", quote - 1));
    assert!(pool_is_empty(&mut client));

    // The transaction's own tip is told the same number.
    let low = but(&wallet, 0, |tx| {
        tx.max_priority_fee_per_gas = u128::from(quote - 1);
    });
    let error = client.refusal("eth_sendRawTransaction", json!([low]));
    assert_eq!(
        error["data"]["quotedTipWei"],
        format!("{quote:#x}"),
        "{error}"
    );

    let object = client.call("eth_requestPreconf", json!([raw, format!("{quote:#x}")]));
    assert_eq!(object["transaction"], json!(raw));
    finish(gateway);
}

#[test]
fn only_the_l1_fee_was_missing_when_a_little_more_makes_it_pass() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, rich, poor) = (gateway.client(), Wallet::dev(0), Wallet::poor(0x42));
    let want = 21_000 * 100_000_000_000u64 + 1;
    let fund = |nonce, wei| rich.transfer(nonce, poor.address, wei);
    client.call("eth_requestPreconf", json!([fund(0, want), ANY_FEE]));
    let raw = poor.transfer(0, Address::repeat_byte(0x77), 1);
    let error = client.refusal("eth_requestPreconf", json!([raw, ANY_FEE]));
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains(&format!(
            "insufficient funds for gas * price + value: have {want} want "
        )),
        "{message}"
    );
    client.call(
        "eth_requestPreconf",
        json!([fund(1, 1_000_000_000_000_000), ANY_FEE]),
    );
    let object: Value = client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
    assert_eq!(object["leaf"]["sender"], json!(poor.address));
    finish(gateway);
}
