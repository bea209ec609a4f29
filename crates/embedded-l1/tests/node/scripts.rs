use alloy_primitives::Address;
use forebond_embedded_l1::{
    node::{Clock, NodeConfig},
    script::{Action, Deposit, Script, ScriptError},
};

use crate::world::{EPOCH, World};

#[test]
fn a_skipped_slot_has_no_block_and_the_next_one_builds_on_the_one_before_it() {
    let world = World::new();
    world.pass(2);
    assert_eq!(world.control.skip_next_slot().unwrap(), 3);
    world.pass(2);
    assert!(world.node.block_at(3).is_none());
    let block = world.node.block_at(4).unwrap();
    assert_eq!(block.executed.number(), 3);
    let root_of_2 = world.node.block_at(2).unwrap().root;
    assert_eq!(block.signed.message.parent_root, root_of_2);
}

#[test]
fn a_missed_slot_repeats_the_block_root_of_the_one_before_it() {
    let world = World::with(Script::new().at(5, Action::Skip));
    world.pass(7);
    let state = world.node.state_at(7).unwrap();
    let root = |slot: usize| *state.block_roots.get(slot).unwrap();
    assert_eq!(root(5), root(4));
    assert_ne!(root(6), root(5));
}

#[test]
fn a_stalled_chain_makes_no_blocks_and_goes_on_where_it_was() {
    let world = World::new();
    world.pass(3);
    world.control.stall();
    world.pass(10);
    let status = world.control.status();
    assert_eq!((status.slot, status.head_slot), (13, 3));
    assert!(status.stalled);
    world.control.resume();
    world.pass(1);
    assert_eq!(world.control.status().block_number, 4);
}

#[test]
fn finality_stops_while_too_few_attest_and_comes_back() {
    let world = World::new();
    world.control.set_attesting_percent(60).unwrap();
    world.pass(6 * EPOCH);
    assert_eq!(world.control.status().justified_epoch, 0);
    world.control.set_attesting_percent(100).unwrap();
    world.pass(4 * EPOCH);
    assert!(world.control.status().finalized_epoch >= 7);
}

#[test]
fn a_censoring_proposer_leaves_transactions_for_the_next() {
    let world = World::with(Script::new().at(1, Action::Empty));
    let hash = world.transfer(0, 0);
    world.pass(1);
    assert_eq!(world.included_in(&hash), None);
    world.pass(1);
    assert_eq!(world.included_in(&hash), Some(2));
}

#[test]
fn a_slashed_validator_proposes_no_more() {
    let world = World::with(Script::new().at(2, Action::Slash { validator: 7 }));
    world.pass(2);
    let state = world.node.state_at(2).unwrap();
    assert!(state.validators.get(7).unwrap().slashed);
    world.pass(6 * EPOCH);
    for slot in 3..=6 * EPOCH + 2 {
        let named = world.node.state_at(slot).unwrap();
        let place = usize::try_from(slot % EPOCH).unwrap();
        let proposer = named.proposer_lookahead[place];
        assert_eq!(
            world.node.block_at(slot).is_none(),
            proposer == 7,
            "slot {slot}"
        );
    }
}

#[test]
fn a_new_validator_joins_by_deposit_and_becomes_active() {
    let deposit = Deposit {
        key: 1_000,
        withdrawal_address: Address::repeat_byte(0xaa),
        amount_gwei: 32_000_000_000,
    };
    let world = World::with(Script::new().at(2, Action::Deposit(deposit)));
    world.pass(2);
    let block = world.node.block_at(2).unwrap();
    assert_eq!(block.executed.requests.len(), 1);
    world.pass(14 * EPOCH);
    let slot = world.control.status().slot;
    let state = world.node.state_at(slot).unwrap();
    let validator = state.validators.get(32).expect("the 33rd validator");
    assert!(validator.activation_epoch <= slot / EPOCH, "{validator:?}");
    assert!(world.control.status().finalized_epoch > 10);
}

#[test]
fn an_operation_the_rules_refuse_is_left_out_and_the_block_is_made() {
    // Nobody may leave before 64 epochs of service.
    let world = World::with(
        Script::new()
            .at(2, Action::Exit { validator: 3 })
            .at(3, Action::Exit { validator: 999 }),
    );
    world.pass(3);
    assert_eq!(world.control.status().block_number, 3);
}

#[test]
fn time_cannot_be_moved_by_hand_when_the_clock_moves_it() {
    let world = World::of(NodeConfig {
        validators: 4,
        clock: Clock::Real,
        genesis_time_s: Some(4_000_000_000),
        ..NodeConfig::default()
    });
    assert!(matches!(
        world.control.advance_slots(1),
        Err(ScriptError::RealTime)
    ));
}

#[test]
fn a_configuration_that_cannot_work_is_refused_by_name() {
    use forebond_beacon::preset::Minimal;
    use forebond_embedded_l1::node::Node;
    for (config, name) in [
        (
            NodeConfig {
                validators: 0,
                ..NodeConfig::default()
            },
            "validators",
        ),
        (
            NodeConfig {
                slot_duration_ms: 999,
                ..NodeConfig::default()
            },
            "slot_duration_ms",
        ),
        (
            NodeConfig {
                withdrawal_accounts: 11,
                ..NodeConfig::default()
            },
            "withdrawal_accounts",
        ),
    ] {
        let error = Node::<Minimal>::new(config, 0).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}
