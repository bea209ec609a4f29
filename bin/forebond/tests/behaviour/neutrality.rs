//! Every rollup gets the same terms from one gateway: two rollups, one operator's configuration.

use crate::support::{ANY_FEE, Client, Home, Wallet};
use alloy_primitives::{Address, Bytes, TxKind};
use serde_json::{Value, json};

/// The operator's sections. None is a default, so a section that is not read would show.
const OPERATOR: &str = r#"
[sequencer]
max_transaction_gas = 9_000_000

[pool]
max_transaction_bytes = 4_096
max_transactions_per_sender = 7
max_nonce_gap = 5
replacement_bump_percent = 20

[fees]
base_fee_wei_per_gas = 300_000
priority_multiplier_permille = 2_000

[coverage]
fee_multiple = 6
"#;

/// A rollup's own section: the base fee cannot fall below one wei, so fees are the same whenever the blocks are made.
fn rollup(chain_id: u64) -> String {
    format!("[chain]\nchain_id = {chain_id}\ngenesis_base_fee_wei = 1\n{OPERATOR}")
}

/// What a rollup's user sees of a gateway.
#[derive(Debug, PartialEq)]
struct Seen {
    terms: Value,
    quote: Value,
    fee: Value,
    reserve: Value,
    ordering: Value,
    refusals: Vec<Value>,
    coverages: Vec<Value>,
}

fn seen(chain_id: u64) -> Seen {
    let home = Home::new();
    let gateway = home.start_with(&rollup(chain_id), &[]);
    let mut client = gateway.client();
    let (wallet, to) = (Wallet::dev(0), TxKind::Call(Address::repeat_byte(0x77)));
    let signed = |nonce: u64, gas: u64, tip_wei: u128, data_bytes: usize| {
        let data = Bytes::from(vec![1; data_bytes]);
        let mut tx = wallet.template(nonce, to, 1, gas, data);
        tx.chain_id = chain_id;
        tx.max_priority_fee_per_gas = tip_wei;
        wallet.sign(tx)
    };
    let tip_wei = 1_000_000_000;
    let refused = [
        signed(0, 21_000, 599_999, 0),
        signed(0, 9_000_001, tip_wei, 0),
        signed(6, 21_000, tip_wei, 0),
        signed(0, 1_000_000, tip_wei, 4_096),
    ];
    let refusals = refused
        .iter()
        .map(|raw| client.refusal("eth_sendRawTransaction", json!([raw])));
    let refusals = refusals.collect();
    let coverages = (0..5).map(|nonce| {
        let raw = signed(nonce, 21_000, tip_wei, 0);
        client_promise(&mut gateway.client(), &raw)["leaf"]["coverage"].clone()
    });
    let coverages = coverages.collect();
    let status = client.call("eth_getGatewayStatus", json!([]));
    let request =
        json!({ "commitment_type": 0x4642_5831, "payload": "0x", "slasher": Address::ZERO });
    let fee = client.call("fee", json!([request]));
    assert_eq!(status["chainId"], format!("{chain_id:#x}"));
    gateway.stop();
    Seen {
        terms: status["terms"].clone(),
        quote: status["quoteWeiPerGas"].clone(),
        fee,
        reserve: status["coverage"]["reserveWei"].clone(),
        ordering: status["orderingRule"].clone(),
        refusals,
        coverages,
    }
}

fn client_promise(client: &mut Client, raw: &Bytes) -> Value {
    client.call("eth_requestPreconf", json!([raw, ANY_FEE]))
}

#[test]
fn two_rollups_get_the_same_terms_quotes_refusals_and_coverage_from_one_configuration() {
    // Ids of equal length: a refusal tells the size of the transaction, which holds the id.
    let (one, other) = (seen(9_545), seen(42_424));
    assert_eq!(one, other);
    assert_eq!(one.terms["maxTransactionGas"], 9_000_000);
    assert_eq!(one.terms["coverageFeeMultiple"], 6);
    assert_eq!(one.quote, format!("{:#x}", 600_000));
    assert_eq!(one.refusals.len(), 4);
    let codes: std::collections::BTreeSet<String> = one
        .refusals
        .iter()
        .map(|refusal| refusal["message"].to_string())
        .collect();
    assert_eq!(codes.len(), 4, "four different refusals: {codes:?}");
    assert!(one.coverages.iter().all(|coverage| coverage != "0x0"));
}
