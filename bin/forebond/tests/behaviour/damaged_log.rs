//! The promise log after a power cut, and after damage.

use crate::{
    support::{Home, LogFiles, Wallet, quantity},
    transfer,
};
use serde_json::{Value, json};

/// The state is not synced meanwhile: a restart reads the whole log.
const WHOLE_LOG: &str = "[store]\ncheckpoint_blocks = 100000\n";

/// A gateway that promised something in two blocks and was killed.
fn killed(home: &Home) -> Vec<Value> {
    let gateway = home.start_with(WHOLE_LOG, &[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let mut objects: Vec<_> = (0..20)
        .map(|nonce| transfer(&mut client, &wallet, nonce))
        .collect();
    client.wait_sealed(quantity(&objects[19]["frag"]["blockNumber"]));
    objects.extend((20..40).map(|nonce| transfer(&mut client, &wallet, nonce)));
    gateway.kill();
    objects
}

/// Every promise is served again, and the next one has the next place.
fn assert_goes_on(home: &Home, objects: &[Value]) {
    let gateway = home.start_with(WHOLE_LOG, &[]);
    let mut client = gateway.client();
    for object in objects {
        let hash = &object["leaf"]["txHash"];
        assert_eq!(
            &client.call("eth_getPreconfirmation", json!([hash])),
            object
        );
    }
    let next = gateway.assert_promises(&Wallet::dev(0));
    let newest = objects.last().unwrap();
    assert!(quantity(&next["frag"]["sequence"]) > quantity(&newest["frag"]["sequence"]));
    gateway.kill();
}

#[test]
fn a_torn_tail_is_cut_and_the_gateway_goes_on() {
    let home = Home::new();
    let objects = killed(&home);
    // Bytes that look like nothing.
    let log = LogFiles::of(&home);
    log.write_at(log.end, &[0x5a; 300]);
    assert_goes_on(&home, &objects);
    // Bytes that look like a record, and are one at another place.
    let log = LogFiles::of(&home);
    log.write_at(log.end, &log.bytes_at(4096, 200));
    assert_goes_on(&home, &objects);
    // A file that ends where its records end.
    let log = LogFiles::of(&home);
    assert!(log.end < log.length());
    log.truncate(log.end);
    assert_goes_on(&home, &objects);
}

#[test]
fn one_flipped_byte_in_the_middle_of_the_log_stops_the_start_and_says_what_to_do() {
    let home = Home::new();
    let objects = killed(&home);
    let log = LogFiles::of(&home);
    let byte = log.bytes_at(log.middle(), 1)[0];
    log.write_at(log.middle(), &[byte ^ 1]);
    let path = home.path().join("gateway.toml");
    for _ in 0..2 {
        // The second start finds it as the first left it: nothing is repaired.
        let text = home.refused_start(&["--config", path.to_str().unwrap()]);
        for words in [
            "damaged",
            "offset",
            "restore the log directory",
            "do not sign",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    log.write_at(log.middle(), &[byte]);
    assert_goes_on(&home, &objects);
}

/// R17: the end of the log is gone, as after a restored copy; the guard's own record knows more.
#[test]
fn r17_a_log_that_lost_what_was_signed_is_refused_although_its_rest_is_whole() {
    let home = Home::new();
    killed(&home);
    let log = LogFiles::of(&home);
    let middle = log.middle();
    log.write_at(middle, &vec![0; usize::try_from(log.end - middle).unwrap()]);
    let path = home.path().join("gateway.toml");
    let text = home.refused_start(&["--config", path.to_str().unwrap()]);
    assert!(
        text.contains("older copy") && text.contains("Restore the newest copy"),
        "{text}"
    );
}

#[test]
fn a_missing_or_foreign_segment_is_refused_by_name() {
    let home = Home::new();
    killed(&home);
    let other = Home::new();
    killed(&other);
    let segment = |home: &Home| home.data().join("log/0000000000.seg");
    std::fs::copy(segment(&other), segment(&home)).unwrap();
    let path = home.path().join("gateway.toml");
    let text = home.refused_start(&["--config", path.to_str().unwrap()]);
    assert!(
        text.contains("belongs to") && text.contains("0000000000.seg"),
        "{text}"
    );
}
