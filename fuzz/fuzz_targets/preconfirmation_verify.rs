//! What `forebond verify` reads: never a panic, and an accepted text has one meaning and one form.
#![no_main]

use alloy_primitives::{Address, address};
use forebond_protocol::{Verifier, verify_json};
use libfuzzer_sys::fuzz_target;

/// The gateway and the predecessor of `fixtures/messages/preconfirmations.json`.
const GATEWAY: Address = address!("9aab0a584d49b38f6f41e62a1aba902523fec39d");
const PREDECESSOR: Address = address!("3390b104b5468d2c114dcec9c928c213feece0d3");

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut verifier = Verifier::new(GATEWAY).after(PREDECESSOR);
    let Ok((object, verified)) = verify_json(text, &mut verifier) else {
        return;
    };
    assert_eq!(verified.writes.encode(), object.writes.to_vec());
    let canonical = serde_json::to_string(&object).expect("an object that was read is written");
    let (again, _) = verify_json(&canonical, &mut verifier).expect("the canonical text verifies");
    assert_eq!(again, object);
});
