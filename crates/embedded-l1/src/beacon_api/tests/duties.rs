use serde_json::{Value, json};

use super::memory::Served;

fn proposers(duties: &Value) -> Vec<u64> {
    let data = duties["data"].as_array().unwrap();
    data.iter()
        .map(|duty| duty["validator_index"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// Pitfall: duties keyed by epoch alone; `dependent_root` of version 1 kept its old meaning.
#[tokio::test]
async fn dependent_roots_of_both_versions_mean_what_the_specification_says() {
    let served = Served::new().await;
    for _ in 0..20 {
        served.chain.propose();
    }
    let root_at = |slot| json!(served.chain.root_at(slot).to_string());
    // Slot 20 lies in epoch 2. Version 1: the last block before the epoch; version 2: before the epoch before it.
    assert_eq!(
        served.get("v1/validator/duties/proposer/2").await["dependent_root"],
        root_at(15)
    );
    assert_eq!(
        served.get("v2/validator/duties/proposer/2").await["dependent_root"],
        root_at(7)
    );
    assert_eq!(
        served.get("v2/validator/duties/proposer/3").await["dependent_root"],
        root_at(15)
    );
    assert_eq!(
        served.get("v2/validator/duties/proposer/1").await["dependent_root"],
        root_at(0)
    );
    assert_eq!(
        served.get("v2/validator/duties/proposer/0").await["dependent_root"],
        root_at(0)
    );

    // The next epoch's version 1 root moves with each block although the duties stand; version 2 stays.
    let before = served.get("v1/validator/duties/proposer/3").await;
    assert_eq!(before["dependent_root"], root_at(20));
    let fixed = served.get("v2/validator/duties/proposer/3").await;
    served.chain.propose();
    let after = served.get("v1/validator/duties/proposer/3").await;
    assert_ne!(before["dependent_root"], after["dependent_root"]);
    assert_eq!(before["data"], after["data"]);
    assert_eq!(fixed, served.get("v2/validator/duties/proposer/3").await);
}

#[tokio::test]
async fn duties_announced_are_the_blocks_that_come() {
    let served = Served::new().await;
    for _ in 0..9 {
        served.chain.propose();
    }
    let announced = served.get("v2/validator/duties/proposer/2").await;
    let keys: Vec<_> = announced["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|duty| duty["pubkey"].clone())
        .collect();
    while served.chain.state().slot < 30 {
        served.chain.propose();
    }
    // Asked again when the epoch is long over.
    assert_eq!(
        announced,
        served.get("v2/validator/duties/proposer/2").await
    );
    for (place, index) in proposers(&announced).into_iter().enumerate() {
        let slot = 16 + place;
        let header = served.get(&format!("v1/beacon/headers/{slot}")).await;
        assert_eq!(
            header["data"]["header"]["message"]["proposer_index"],
            index.to_string()
        );
        let validator = served
            .get(&format!("v1/beacon/states/head/validators/{index}"))
            .await;
        assert_eq!(validator["data"]["validator"]["pubkey"], keys[place]);
    }
}

#[tokio::test]
async fn duties_beyond_the_next_epoch_are_not_decided() {
    let served = Served::new().await;
    served.get("v1/validator/duties/proposer/1").await;
    assert!(
        served
            .refused("v1/validator/duties/proposer/2", 400)
            .await
            .contains("not decided")
    );
    served
        .refused("v2/validator/duties/proposer/18446744073709551615", 400)
        .await;
    served
        .refused("v2/validator/duties/proposer/next", 400)
        .await;
}

/// Pitfall: the next epoch's lookahead can still change by a one-slot reorg just after the boundary.
#[tokio::test]
async fn a_reorg_of_the_last_block_before_the_boundary_changes_the_dependent_root_of_the_next_epoch()
 {
    let served = Served::new().await;
    for _ in 0..8 {
        served.chain.propose();
    }
    let before = served.get("v2/validator/duties/proposer/2").await;
    served.chain.rewind(6);
    served.chain.miss();
    served.chain.propose();
    let after = served.get("v2/validator/duties/proposer/2").await;
    assert_ne!(before["dependent_root"], after["dependent_root"]);
    assert_ne!(before["data"], after["data"]);
}
