use alloy_consensus::Transaction as _;
use alloy_eips::{eip2718::Encodable2718, eip4844::kzg_to_versioned_hash};
use alloy_primitives::{Bytes, U256};

use crate::world::{World, Wrapper, blob_transaction, sidecar, signed, wallet};

#[test]
fn both_wrappers_are_taken_and_the_block_holds_the_bare_transaction_and_its_blobs() {
    for wrapper in [Wrapper::Eip4844, Wrapper::Eip7594] {
        let mut world = World::new();
        let sent = sidecar(2, wrapper);
        let raw = signed(&wallet(0), blob_transaction(0, sent.clone()));
        let hash = world.send(&raw).unwrap();
        let block = world.slot(1);
        let [transaction] = &block.transactions[..] else {
            panic!("{wrapper:?}: expected one transaction")
        };
        assert_eq!(transaction.hash, hash);
        assert!(transaction.raw.len() < 1_000, "without its blobs");
        assert_eq!(transaction.raw, transaction.envelope.encoded_2718());
        assert_eq!(block.header.blob_gas_used, Some(2 * 131_072));
        assert_eq!(block.blobs.len(), 2);
        let hashes = transaction.envelope.blob_versioned_hashes().unwrap();
        for ((blob, sent), hash) in block.blobs.iter().zip(sent.blobs()).zip(hashes) {
            assert_eq!(*blob.blob, *sent);
            assert_eq!(kzg_to_versioned_hash(blob.commitment.as_slice()), *hash);
        }
    }
}

#[test]
fn a_blob_transaction_without_its_blobs_is_refused_by_name() {
    let mut world = World::new();
    let bare = blob_transaction(0, sidecar(1, Wrapper::Eip4844))
        .into_parts()
        .0;
    let signature = {
        use alloy_consensus::SignableTransaction;
        use alloy_signer::SignerSync;
        wallet(0).sign_hash_sync(&bare.signature_hash()).unwrap()
    };
    let raw: Bytes = {
        use alloy_consensus::SignableTransaction;
        alloy_consensus::TxEnvelope::from(bare.into_signed(signature))
            .encoded_2718()
            .into()
    };
    let error = world.send(&raw).unwrap_err().to_string();
    assert!(error.contains("its blobs are missing"), "{error}");
}

#[test]
fn a_proof_that_belongs_to_another_blob_is_refused_in_both_wrappers() {
    for wrapper in [Wrapper::Eip4844, Wrapper::Eip7594] {
        let mut world = World::new();
        let honest = sidecar(2, wrapper);
        let forged = match honest.clone() {
            alloy_eips::eip7594::BlobTransactionSidecarVariant::Eip4844(mut sidecar) => {
                sidecar.blobs.swap(0, 1);
                sidecar.into()
            }
            alloy_eips::eip7594::BlobTransactionSidecarVariant::Eip7594(mut sidecar) => {
                sidecar.blobs.swap(0, 1);
                sidecar.into()
            }
        };
        let raw = signed(&wallet(0), blob_transaction(0, forged));
        let error = world.send(&raw).unwrap_err().to_string();
        assert!(error.contains("blob transaction refused"), "{error}");
        assert!(world.pool.is_empty());
    }
}

#[test]
fn seven_blobs_in_one_transaction_and_none_at_all_are_refused_before_any_proof_is_checked() {
    let mut world = World::new();
    for count in [0, 7] {
        let raw = signed(
            &wallet(0),
            blob_transaction(0, sidecar(count, Wrapper::Eip4844)),
        );
        let error = world.send(&raw).unwrap_err().to_string();
        assert!(error.contains(&format!("got {count}")), "{error}");
    }
}

#[test]
fn a_block_takes_nine_blobs_and_leaves_the_rest_for_the_next() {
    let mut world = World::new();
    for index in 0..3 {
        let tx = blob_transaction(0, sidecar(4, Wrapper::Eip4844));
        world.send(&signed(&wallet(index), tx)).unwrap();
    }
    assert_eq!(world.slot(1).blobs.len(), 8);
    assert_eq!(world.slot(2).blobs.len(), 4);
}

#[test]
fn the_blob_price_rises_when_blocks_are_over_the_target() {
    let mut world = World::new();
    let mut excess = Vec::new();
    for slot in 1..4 {
        for index in 0..2 {
            let mut tx = blob_transaction(slot - 1, sidecar(4, Wrapper::Eip4844));
            tx.tx.max_fee_per_blob_gas = u128::from(u64::MAX) / 1_000;
            world.send(&signed(&wallet(index), tx)).unwrap();
        }
        excess.push(world.slot(slot).header.excess_blob_gas.unwrap());
    }
    // Eight blobs where six are the target; the price stands under its reserve, so a third of what was used is added
    // (EIP-7918), 8 * 3 / 9 blobs.
    assert_eq!(excess[0], 0);
    assert_eq!(excess[1], 8 * 131_072 * 3 / 9);
    assert_eq!(excess[2], 2 * excess[1]);
}

#[test]
fn what_blobs_cost_is_taken_from_the_sender() {
    let mut world = World::new();
    let sender = wallet(0);
    let before = world.head().state.account(sender.address()).unwrap();
    let tx = blob_transaction(0, sidecar(1, Wrapper::Eip4844));
    world.send(&signed(&sender, tx)).unwrap();
    let block = world.slot(1);
    let after = block.state.account(sender.address()).unwrap();
    let gas_price = u128::from(block.header.base_fee_per_gas.unwrap()) + 1_000_000_000;
    let paid = U256::from(21_000 * gas_price) + U256::from(131_072);
    assert_eq!(before.balance - after.balance, paid);
}
