//! The Portal's logs, written by the Solidity tests, give the deposits the Solidity tests expect; anything else is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use forebond_rollup::op::{DEPOSIT_TOPIC, DepositError, deposit_of};
use serde_json::Value;

fn fixtures() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/portal/deposits.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn field<T: std::str::FromStr<Err: std::fmt::Debug>>(of: &Value, name: &str) -> T {
    of[name].as_str().unwrap().parse().unwrap()
}

fn number(of: &Value, name: &str) -> u64 {
    field::<U256>(of, name).to()
}

fn topics(of: &Value) -> Vec<B256> {
    of["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_str().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn the_portals_logs_are_the_deposits_the_contract_tests_expect() {
    let all = fixtures();
    assert!(all.len() >= 4);
    for case in &all {
        let data: Bytes = field(case, "logData");
        let deposit = deposit_of(
            field(case, "l1BlockHash"),
            number(case, "logIndex"),
            &topics(case),
            &data,
        )
        .unwrap();
        assert_eq!(
            deposit.source_hash,
            field::<B256>(case, "sourceHash"),
            "{}",
            case["about"]
        );
        assert_eq!(deposit.from, field::<Address>(case, "from"));
        let to = field::<Address>(case, "to");
        let creation = case["isCreation"].as_bool().unwrap();
        assert_eq!(
            deposit.to,
            if creation {
                TxKind::Create
            } else {
                TxKind::Call(to)
            }
        );
        assert_eq!(U256::from(deposit.mint), field::<U256>(case, "mint"));
        assert_eq!(deposit.value, field::<U256>(case, "value"));
        assert_eq!(deposit.gas_limit, number(case, "gasLimit"));
        assert_eq!(deposit.input, field::<Bytes>(case, "data"));
        assert!(!deposit.is_system_transaction);
    }
}

/// Topics and data of the first fixture, for mutations.
fn good() -> (Vec<B256>, Vec<u8>) {
    let case = &fixtures()[0];
    (topics(case), field::<Bytes>(case, "logData").to_vec())
}

fn read(topics: &[B256], data: &[u8]) -> Result<(), DepositError> {
    deposit_of(B256::ZERO, 0, topics, data).map(|_| ())
}

#[test]
fn a_log_with_other_topics_is_no_deposit() {
    let (topics, data) = good();
    assert_eq!(read(&topics[..3], &data), Err(DepositError::Topics(3)));
    let change = |place: usize, value: B256| {
        let mut changed = topics.clone();
        changed[place] = value;
        read(&changed, &data)
    };
    let other = B256::repeat_byte(1);
    assert_eq!(change(0, other), Err(DepositError::Event(other)));
    assert_eq!(
        change(1, other),
        Err(DepositError::Address {
            topic: 1,
            got: other
        })
    );
    assert_eq!(
        change(2, other),
        Err(DepositError::Address {
            topic: 2,
            got: other
        })
    );
    assert_eq!(change(3, other), Err(DepositError::Version(other)));
    assert_eq!(topics[0], DEPOSIT_TOPIC);
}

#[test]
fn log_data_in_any_form_but_the_canonical_one_is_refused() {
    let (topics, data) = good();
    let bad =
        |data: &[u8]| assert_eq!(read(&topics, data), Err(DepositError::Encoding(data.len())));
    for length in [0, 31, 63, data.len() - 32, data.len() - 1] {
        bad(&data[..length]);
    }
    bad(&[&data[..], &[0; 32]].concat());
    let change = |place: usize, value: u8| {
        let mut changed = data.clone();
        changed[place] = value;
        changed
    };
    bad(&change(31, 64));
    bad(&change(0, 1));
    bad(&change(32, 1));
    bad(&change(63, 0xff));
    bad(&change(63, 0));
    bad(&change(data.len() - 1, 1));
}

#[test]
fn opaque_data_that_is_short_or_out_of_range_is_refused() {
    let (topics, data) = good();
    let wrap = |opaque: &[u8]| {
        let mut wrapped = data[..32].to_vec();
        wrapped.extend(U256::from(opaque.len()).to_be_bytes::<32>());
        wrapped.extend(opaque);
        wrapped.resize(64 + opaque.len().next_multiple_of(32), 0);
        wrapped
    };
    let opaque = &data[64..64 + 76];
    assert_eq!(read(&topics, &wrap(opaque)), Ok(()));
    for length in 0..73 {
        assert_eq!(
            read(&topics, &wrap(&opaque[..length])),
            Err(DepositError::TooShort(length))
        );
    }
    let mut rich = opaque.to_vec();
    rich[15] = 1;
    assert_eq!(
        read(&topics, &wrap(&rich)),
        Err(DepositError::Mint(U256::from_be_slice(&rich[..32])))
    );
    let mut both = opaque.to_vec();
    both[72] = 2;
    assert_eq!(read(&topics, &wrap(&both)), Err(DepositError::Creation(2)));
}
