use super::*;
use alloy_primitives::{Bytes, U256};
use forebond_types::{Base, BaseEnvelope, Frag, FragEnvelope, Seal, SealEnvelope, Signature};
use proptest::prelude::*;

const SIGNER: Address = Address::repeat_byte(7);

/// Nobody looks at signatures here: they were checked before.
fn signature() -> Signature {
    let mut bytes = [1; 65];
    bytes[64] = 27;
    Signature::from_bytes(&bytes).unwrap()
}

fn frag(base: u8, block: u64, sequence: u32, branch: u8, previous: u8) -> Envelope {
    Envelope::Frag(FragEnvelope {
        frag: Frag {
            base: B256::repeat_byte(base),
            blockNumber: block,
            sequence,
            previousFrag: B256::from(U256::from(sequence) << 8 | U256::from(previous)),
            timestamp: block + u64::from(branch == 3),
            l1OriginNumber: 0,
            l1OriginHash: B256::ZERO,
            issuedAtMs: 0,
            firstTransaction: 0,
            transactionCount: 1,
            promisesRoot: B256::repeat_byte(branch),
            gasUsed: 0,
            windowCoverage: 0,
            orderingRule: 0,
            blockEnv: B256::ZERO,
        },
        signature: signature(),
        start: Bytes::new(),
        transactions: Vec::new(),
    })
}

fn seal(base: u8, block: u64, last: u32, branch: u8, end: bool) -> Envelope {
    Envelope::Seal(SealEnvelope {
        seal: Seal {
            base: B256::repeat_byte(base),
            blockNumber: block,
            blockHash: B256::repeat_byte(branch),
            lastSequence: last,
            lastFrag: frag(base, block, last, branch.min(1), 0).struct_hash(),
            endOfWindow: end,
        },
        signature: signature(),
    })
}

fn base(window: u64, attempt: u8, parent: u64) -> Envelope {
    Envelope::Base(BaseEnvelope {
        base: Base {
            window,
            attempt,
            parentBlock: parent,
            parentBlockHash: B256::ZERO,
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        },
        signature: signature(),
        parent_seal: None,
    })
}

fn any_message() -> impl Strategy<Value = Envelope> {
    prop_oneof![
        8 => (1u8..3, 0u64..4, 0u32..8, 0u8..4, 0u8..3)
            .prop_map(|(b, n, s, branch, p)| frag(b, n, s, branch, p)),
        3 => (1u8..3, 0u64..4, 0u32..8, 0u8..2, any::<bool>())
            .prop_map(|(b, n, s, branch, end)| seal(b, n, s, branch, end)),
        1 => (1u64..3, 0u8..3, 0u64..3).prop_map(|(w, a, p)| base(w, a, p)),
    ]
}

/// A plausible turn with a chance of something odd in it, so that clean histories get long.
fn any_history() -> impl Strategy<Value = Vec<Envelope>> {
    let honest = (1u32..4, 1u64..5).prop_map(|(per_block, blocks)| {
        let mut all = vec![base(1, 0, 0)];
        let mut sequence = 0;
        for block in 1..=blocks {
            for _ in 0..per_block {
                all.push(frag(1, block, sequence, 0, 0));
                sequence += 1;
            }
            all.push(seal(1, block, sequence - 1, 0, block == blocks));
        }
        all
    });
    (honest, prop::collection::vec(any_message(), 0..6)).prop_flat_map(|(mut all, odd)| {
        all.extend(odd);
        Just(all).prop_shuffle()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Conflicting frags are kept as evidence: the neighbours that are looked at find a fork exactly when comparing with
    /// every message that is kept would.
    #[test]
    fn neighbours_find_a_fork_exactly_when_all_pairs_do(history in any_history()) {
        let mut evidence = Evidence::new(1, 1_000);
        let mut kept: Vec<Envelope> = Vec::new();
        for message in history {
            let signed = SignedMessage::of(&message).message;
            let contradicted = kept
                .iter()
                .any(|old| fork(&SignedMessage::of(old).message, &signed).is_some());
            match evidence.look(&message, SIGNER) {
                Finding::Clean => {
                    prop_assert!(!contradicted, "missed: {message:?}");
                    kept.push(message);
                }
                Finding::Fork(conflict) => {
                    prop_assert!(contradicted);
                    let verdict = fork(&conflict.first.message, &conflict.second.message);
                    prop_assert_eq!(verdict, Some(conflict.fork));
                }
                Finding::Again => prop_assert!(contradicted),
            }
        }
    }

    #[test]
    fn whatever_signers_sign_memory_stays_bounded(
        history in prop::collection::vec((any_message(), 0u8..5), 1..120)
    ) {
        let mut evidence = Evidence::new(3, 10);
        for (message, signer) in history {
            evidence.look(&message, Address::repeat_byte(signer));
            prop_assert!(evidence.signers.len() <= 3);
            prop_assert!(evidence.kept() <= 30);
        }
    }
}

#[test]
fn a_fork_is_reported_once_per_base_and_an_honest_copy_never() {
    let mut evidence = Evidence::new(2, 100);
    for sequence in 0..20 {
        let message = frag(1, 1, sequence, 0, 0);
        assert!(matches!(evidence.look(&message, SIGNER), Finding::Clean));
        let mut copy = message.clone();
        if let Envelope::Frag(copy) = &mut copy {
            copy.start = Bytes::from_static(b"altered on the way");
        }
        assert!(
            matches!(evidence.look(&copy, SIGNER), Finding::Clean),
            "what travels beside a message is no contradiction"
        );
    }
    let Finding::Fork(conflict) = evidence.look(&frag(1, 1, 7, 1, 0), SIGNER) else {
        panic!("two frags at sequence 7")
    };
    assert_eq!(conflict.base, B256::repeat_byte(1));
    for branch in 1..5 {
        let again = evidence.look(&frag(1, 1, 9, branch, 0), SIGNER);
        assert!(matches!(again, Finding::Again));
    }
    let other = Address::repeat_byte(8);
    assert!(
        matches!(evidence.look(&frag(1, 1, 7, 1, 0), other), Finding::Clean),
        "another signer's message contradicts nothing"
    );
}

#[test]
fn two_bases_of_one_window_are_a_fork_and_a_second_attempt_is_none() {
    let mut evidence = Evidence::new(2, 100);
    assert!(matches!(
        evidence.look(&base(1, 0, 5), SIGNER),
        Finding::Clean
    ));
    assert!(matches!(
        evidence.look(&base(1, 1, 5), SIGNER),
        Finding::Clean
    ));
    assert!(matches!(
        evidence.look(&base(2, 0, 9), SIGNER),
        Finding::Clean
    ));
    let Finding::Fork(conflict) = evidence.look(&base(1, 0, 6), SIGNER) else {
        panic!("two bases of window 1")
    };
    assert_eq!(conflict.base, base(1, 0, 5).base_hash());
}
