use super::super::tip_index::{Bid, Offer, TipIndex};
use super::sender;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn the_tip_index_keeps_the_order_a_full_sort_gives_under_every_base_fee(
        steps in prop::collection::vec((0u8..12, 0u128..40, 0u128..40, 0u128..50), 1..60),
    ) {
        let mut index = TipIndex::new(0);
        let mut plain: BTreeMap<u8, Offer> = BTreeMap::new();
        for (ordinal, (id, fee_cap_wei, tip_wei, base_fee_wei)) in (0u64..).zip(steps) {
            match plain.remove(&id) {
                Some(offer) => index.remove(sender(id), offer),
                None => {
                    let offer = Offer { fee_cap_wei, tip_wei: tip_wei.min(fee_cap_wei), ordinal };
                    index.insert(sender(id), offer);
                    plain.insert(id, offer);
                }
            }
            index.set_base_fee(base_fee_wei);
            let mut sorted: Vec<_> = plain
                .iter()
                .map(|(id, offer)| {
                    let bid = match offer.fee_cap_wei.checked_sub(base_fee_wei) {
                        Some(room_wei) => Bid::Tip(room_wei.min(offer.tip_wei)),
                        None => Bid::Short(Reverse(base_fee_wei - offer.fee_cap_wei)),
                    };
                    (bid, Reverse(offer.ordinal), sender(*id))
                })
                .collect();
            sorted.sort();
            prop_assert_eq!(index.ascending().collect::<Vec<_>>(), sorted.clone());
            prop_assert_eq!(index.best(), sorted.last().map(|worth| worth.2));
        }
    }
}
