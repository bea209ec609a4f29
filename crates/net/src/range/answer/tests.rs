use super::*;
use forebond_types::{
    Base, BaseEnvelope, Domain, EnvelopeTx, FragEnvelope, SealEnvelope, Signature,
};
use proptest::prelude::*;

const SEPARATOR: B256 = B256::repeat_byte(0x5e);

fn sign(mut envelope: Envelope, n: u8) -> Envelope {
    let key = secp256k1::SecretKey::from_slice(&[n; 32]).unwrap();
    let digest = Domain::digest_of(SEPARATOR, envelope.struct_hash());
    let signature = Signature::sign(digest, &key);
    match &mut envelope {
        Envelope::Base(base) => base.signature = signature,
        Envelope::Frag(frag) => frag.signature = signature,
        Envelope::Seal(seal) => seal.signature = signature,
    }
    envelope
}

fn any_signature() -> Signature {
    let key = secp256k1::SecretKey::from_slice(&[9; 32]).unwrap();
    Signature::sign(B256::ZERO, &key)
}

/// A turn of `blocks` blocks after `parent`, `per_block` frags each, signed by `n`; seals come one frag late.
fn turn(window: u64, parent: u64, blocks: u64, per_block: u32, n: u8) -> Vec<Envelope> {
    let base = Base {
        window,
        attempt: 0,
        parentBlock: parent,
        parentBlockHash: B256::ZERO,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    let base = sign(
        Envelope::Base(BaseEnvelope {
            base,
            signature: any_signature(),
            parent_seal: None,
        }),
        n,
    );
    let (hash, mut previous, mut sequence) = (base.struct_hash(), base.struct_hash(), 0);
    let (mut all, mut late) = (vec![base], None);
    for block in parent + 1..=parent + blocks {
        for place in 0..per_block {
            let frag = Frag {
                base: hash,
                blockNumber: block,
                sequence,
                previousFrag: previous,
                timestamp: block,
                l1OriginNumber: 0,
                l1OriginHash: B256::ZERO,
                issuedAtMs: 0,
                firstTransaction: place,
                transactionCount: 1,
                promisesRoot: B256::ZERO,
                gasUsed: 0,
                windowCoverage: 0,
                orderingRule: 0,
                blockEnv: B256::ZERO,
            };
            let frag = sign(
                Envelope::Frag(FragEnvelope {
                    frag,
                    signature: any_signature(),
                    start: Bytes::new(),
                    transactions: vec![EnvelopeTx {
                        coverage_wei: 0,
                        raw: Bytes::from_static(b"tx"),
                    }],
                }),
                n,
            );
            previous = frag.struct_hash();
            sequence += 1;
            all.push(frag);
            all.extend(late.take());
        }
        let seal = Seal {
            base: hash,
            blockNumber: block,
            blockHash: B256::ZERO,
            lastSequence: sequence - 1,
            lastFrag: previous,
            endOfWindow: block == parent + blocks,
        };
        let signature = any_signature();
        late = Some(sign(Envelope::Seal(SealEnvelope { seal, signature }), n));
    }
    all.extend(late);
    all
}

fn bytes(envelopes: &[Envelope]) -> Vec<Bytes> {
    envelopes.iter().map(Envelope::encode).collect()
}

struct Knows(Vec<Address>);

impl Judge for Knows {
    fn judge(&self, _: &Envelope, signer: Address) -> Judgement {
        if self.0.contains(&signer) {
            Judgement::Ignore(Unusable::Late)
        } else {
            Judgement::Ignore(Unusable::UnknownSigner)
        }
    }
}

fn everyone() -> Knows {
    let signers = (1..4).map(|n| turn(1, 0, 1, 1, n)[0].signer(SEPARATOR).unwrap());
    Knows(signers.collect())
}

fn ask(from_block: u64, max_blocks: u16) -> RangeRequest {
    RangeRequest::Envelopes {
        from_block,
        max_blocks,
    }
}

fn usable(request: RangeRequest, envelopes: &[Envelope]) -> Result<usize, Fault> {
    check(&request, &bytes(envelopes), SEPARATOR, &everyone()).map(|all| all.messages.len())
}

fn is_useless(outcome: Result<usize, Fault>) -> bool {
    matches!(outcome, Err(Fault::Useless(_)))
}

fn is_broken(outcome: Result<usize, Fault>) -> bool {
    matches!(outcome, Err(Fault::Broken(Offence::BadAnswer, _)))
}

#[test]
fn two_turns_with_their_handover_are_used_whole() {
    let mut all = turn(8, 0, 3, 4, 1);
    all.extend(turn(16, 3, 2, 4, 2));
    assert_eq!(usable(ask(1, 16), &all), Ok(all.len()));
    // From within a turn as well, where the base is not among what was asked for.
    let third: Vec<_> = all
        .iter()
        .filter(|envelope| block_of(envelope) >= 3)
        .cloned()
        .collect();
    assert_eq!(usable(ask(3, 16), &third), Ok(third.len()));
    // With the base in front, for who has not heard it.
    let opened: Vec<_> = all[..1].iter().chain(&third).cloned().collect();
    assert_eq!(usable(ask(3, 16), &opened), Ok(opened.len()));
}

#[test]
fn a_successor_may_close_the_block_a_dead_predecessor_left_open() {
    let mut all = turn(8, 0, 2, 4, 1);
    all.truncate(all.len() - 2);
    let dead = all.len();
    all.extend(turn(16, 2, 1, 1, 2));
    assert_eq!(usable(ask(1, 16), &all), Ok(dead + 3));
}

#[test]
fn an_answer_without_the_first_block_or_with_nothing_is_useless() {
    let all = turn(8, 0, 3, 2, 1);
    assert!(is_useless(usable(ask(1, 4), &[])));
    let later: Vec<_> = all.iter().filter(|e| block_of(e) == 2).cloned().collect();
    assert!(is_useless(usable(ask(1, 4), &later)));
    assert!(
        is_useless(usable(ask(2, 1), &later[2..])),
        "from the middle of the block"
    );
}

#[test]
fn an_answer_that_was_not_asked_for_or_is_no_message_is_broken() {
    let all = turn(8, 0, 3, 2, 1);
    assert!(is_broken(usable(ask(1, 2), &all)));
    assert!(is_broken(usable(ask(4, 2), &all)));
    let garbage = [Bytes::from_static(b"garbage")];
    let outcome = check(&ask(1, 2), &garbage, SEPARATOR, &everyone());
    assert!(matches!(outcome, Err(Fault::Broken(..))));
    assert!(is_broken(usable(
        RangeRequest::Base { window: 9 },
        &all[..1]
    )));
    assert!(is_broken(usable(
        RangeRequest::Base { window: 8 },
        &all[..2]
    )));
    assert!(is_broken(usable(
        RangeRequest::EndSeal { window: 8 },
        &all[..1]
    )));
}

#[test]
fn a_base_in_front_that_is_a_strangers_or_another_signers_spoils_the_answer() {
    let all = turn(8, 0, 3, 2, 1);
    let third: Vec<_> = all.iter().filter(|e| block_of(e) >= 3).cloned().collect();
    let with = |base: &Envelope| [std::slice::from_ref(base), &third].concat();
    let stranger = turn(8, 0, 1, 1, 7);
    assert!(is_useless(usable(ask(3, 16), &with(&stranger[0]))));
    // The same base, signed by another one.
    let forged = sign(all[0].clone(), 2);
    assert!(is_broken(usable(ask(3, 16), &with(&forged))));
    // A base alone is no answer, and one in the middle was not asked for.
    assert!(is_useless(usable(ask(3, 16), &all[..1])));
    let late = [&third[..1], &all[..1]].concat();
    assert!(is_broken(usable(ask(3, 16), &late)));
}

#[test]
fn a_base_and_an_end_seal_can_be_requested_each_alone() {
    let all = turn(8, 0, 3, 2, 1);
    assert_eq!(usable(RangeRequest::Base { window: 8 }, &all[..1]), Ok(1));
    let end = &all[all.len() - 1..];
    assert_eq!(usable(RangeRequest::EndSeal { window: 8 }, end), Ok(1));
}

#[test]
fn messages_of_nobody_are_useless_and_two_signers_under_one_base_are_broken() {
    assert!(is_useless(usable(ask(1, 4), &turn(8, 0, 2, 2, 7))));
    let mut all = turn(8, 0, 2, 2, 1);
    all[2] = sign(all[2].clone(), 2);
    assert!(is_broken(usable(ask(1, 4), &all)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A peer that sends gaps: what is used of an answer never has a hole, whatever is left out or swapped.
    #[test]
    fn what_is_used_never_has_a_hole(
        blocks in 1u64..4, per_block in 1u32..4,
        left_out in prop::collection::btree_set(0usize..20, 0..4),
        swap in prop::option::of((0usize..20, 0usize..20)),
    ) {
        let whole = turn(8, 0, blocks, per_block, 1);
        let mut sent: Vec<_> = whole
            .iter()
            .enumerate()
            .filter(|(place, _)| !left_out.contains(place))
            .map(|(_, envelope)| envelope.clone())
            .collect();
        if let Some((a, b)) = swap && !sent.is_empty() {
            let length = sent.len();
            sent.swap(a % length, b % length);
        }
        if let Ok(usable) = check(&ask(1, 16), &bytes(&sent), SEPARATOR, &everyone()) {
            let used = usable.messages;
            prop_assert_eq!(usable.whole, used.len() == sent.len());
            let frags: Vec<_> = used.iter().filter_map(|received| match &received.envelope {
                Envelope::Frag(frag) => Some(&frag.frag),
                _ => None,
            }).collect();
            for pair in frags.windows(2) {
                prop_assert_eq!(pair[1].sequence, pair[0].sequence + 1);
                prop_assert!(pair[1].blockNumber <= pair[0].blockNumber + 1);
            }
            prop_assert_eq!(block_of(&used[0].envelope), 1);
        }
    }
}
