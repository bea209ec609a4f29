use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

proptest! {
    #[test]
    fn turns_follow_the_order_in_which_transactions_were_seen_to_become_executable(
        shuffled in Just((0u8..4).flat_map(|id| (0u64..6).map(move |nonce| (id, nonce))).collect::<Vec<_>>()).prop_shuffle(),
        missing in 0usize..24,
    ) {
        let mut bench = Bench::new(limits());
        let mut became_ready: HashMap<(u8, u64), usize> = HashMap::new();
        for (step, (id, nonce)) in shuffled.iter().copied().enumerate() {
            if step == missing {
                continue;
            }
            bench.admit(tx(id, nonce, 5)).unwrap();
            for (tx, standing) in bench.pool.entries(usize::MAX) {
                if standing == Standing::Ready {
                    became_ready.entry(name(tx)).or_insert(step);
                }
            }
        }
        let turns = bench.execute_all();
        prop_assert_eq!(turns.len(), became_ready.len());
        for pair in turns.windows(2) {
            prop_assert!(became_ready[&pair[0]] <= became_ready[&pair[1]], "{:?}", pair);
        }
        for id in 0u8..4 {
            let nonces: Vec<u64> = turns.iter().filter(|turn| turn.0 == id).map(|turn| turn.1).collect();
            prop_assert_eq!(&nonces, &(0..nonces.len() as u64).collect::<Vec<_>>());
        }
    }
}
