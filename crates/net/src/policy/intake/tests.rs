use std::sync::Mutex;

use super::*;
use alloy_primitives::Bytes;
use forebond_types::{
    Base, BaseEnvelope, Domain, EnvelopeTx, Frag, FragEnvelope, Seal, SealEnvelope, Signature,
};
use proptest::prelude::*;

const SEPARATOR: B256 = B256::repeat_byte(0x5e);

fn key(n: u8) -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[n; 32]).unwrap()
}

fn address(n: u8) -> Address {
    let digest = B256::ZERO;
    Signature::sign(digest, &key(n)).recover(digest).unwrap()
}

fn sign(mut envelope: Envelope, n: u8) -> Envelope {
    let digest = Domain::digest_of(SEPARATOR, envelope.struct_hash());
    let signature = Signature::sign(digest, &key(n));
    match &mut envelope {
        Envelope::Base(base) => base.signature = signature,
        Envelope::Frag(frag) => frag.signature = signature,
        Envelope::Seal(seal) => seal.signature = signature,
    }
    envelope
}

fn frag(sequence: u32, branch: u8, raw: &[u8], n: u8) -> Envelope {
    let frag = Frag {
        base: B256::repeat_byte(1),
        blockNumber: 5,
        sequence,
        previousFrag: B256::left_padding_from(&sequence.to_be_bytes()),
        timestamp: 0,
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
    };
    let envelope = Envelope::Frag(FragEnvelope {
        frag,
        signature: Signature::sign(B256::ZERO, &key(n)),
        start: Bytes::new(),
        transactions: vec![EnvelopeTx {
            coverage_wei: 0,
            raw: Bytes::copy_from_slice(raw),
        }],
    });
    sign(envelope, n)
}

/// Knows one gateway; what it says of it can be changed.
struct OneGateway(Mutex<Judgement>);

impl Judge for OneGateway {
    fn judge(&self, _: &Envelope, signer: Address) -> Judgement {
        if signer == address(1) {
            *self.0.lock().unwrap()
        } else {
            Judgement::Ignore(Unusable::UnknownSigner)
        }
    }
}

fn intake(judgement: Judgement) -> (Intake<u32>, Arc<OneGateway>) {
    let judge = Arc::new(OneGateway(Mutex::new(judgement)));
    let limits = Limits {
        max_message_bytes: 4_096,
        ..Limits::default()
    };
    (Intake::new(judge.clone(), SEPARATOR, &limits), judge)
}

fn fresh(outcome: &Outcome<u32>) -> bool {
    matches!(outcome.verdict, Verdict::Fresh { .. })
}

fn ignored(outcome: &Outcome<u32>) -> Option<Ignored> {
    match outcome.verdict {
        Verdict::Ignored(why) => Some(why),
        _ => None,
    }
}

fn offence(outcome: &Outcome<u32>) -> Option<Offence> {
    match outcome.verdict {
        Verdict::Rejected { offence, .. } => Some(offence),
        _ => None,
    }
}

#[test]
fn a_message_is_handed_on_once_with_its_signer_whatever_its_signature_bytes() {
    let (mut intake, _) = intake(Judgement::Accept);
    let message = frag(0, 0, b"tx", 1);
    let outcome = intake.take(&message.encode(), 7, 0);
    let Verdict::Fresh { envelope, signer } = outcome.verdict else {
        panic!("fresh")
    };
    assert_eq!((envelope, signer), (message.clone(), address(1)));
    // The object id is the struct hash, not the signature: the same message under another key is the same message.
    for copy in [message, frag(0, 0, b"tx", 2)] {
        let again = intake.take(&copy.encode(), 8, 1);
        assert_eq!(ignored(&again), Some(Ignored::Duplicate));
    }
}

/// An altered copy that arrives first is a way to keep the honest one from everybody if duplicates go by the signed part alone.
#[test]
fn a_copy_with_another_signature_or_other_transactions_does_not_keep_the_honest_one_away() {
    let (mut intake, _) = intake(Judgement::Accept);
    let forged = intake.take(&frag(0, 0, b"tx", 2).encode(), 1, 0);
    assert_eq!(
        ignored(&forged),
        Some(Ignored::Unusable(Unusable::UnknownSigner))
    );
    let mut altered = frag(0, 0, b"tx", 1);
    if let Envelope::Frag(frag) = &mut altered {
        frag.transactions[0].raw = Bytes::from_static(b"another");
    }
    assert!(fresh(&intake.take(&altered.encode(), 2, 0)));
    assert!(fresh(&intake.take(&frag(0, 0, b"tx", 1).encode(), 3, 0)));

    let mut passed = 2;
    for n in 0..20u8 {
        if let Envelope::Frag(frag) = &mut altered {
            frag.transactions[0].raw = Bytes::copy_from_slice(&[n; 9]);
        }
        passed += usize::from(fresh(&intake.take(&altered.encode(), 4, 0)));
    }
    assert_eq!(passed, 4, "altered copies are let through up to a number");
    intake.forget(&frag(0, 0, b"tx", 1));
    assert!(
        fresh(&intake.take(&altered.encode(), 5, 0)),
        "a false copy made room"
    );
}

#[test]
fn oversize_garbage_and_signatures_of_nobody_are_charged() {
    let (mut intake, _) = intake(Judgement::Accept);
    assert_eq!(
        offence(&intake.take(&[0xc0; 4_097], 0, 0)),
        Some(Offence::Oversize)
    );
    for garbage in [&b""[..], b"\xc0", b"garbage", &[0xff; 100]] {
        assert_eq!(
            offence(&intake.take(garbage, 0, 0)),
            Some(Offence::Undecodable)
        );
    }
    let mut nobody = frag(0, 0, b"tx", 1);
    if let Envelope::Frag(frag) = &mut nobody {
        let mut bytes = [0xff; 65];
        bytes[32..64].copy_from_slice(&[1; 32]);
        bytes[64] = 27;
        frag.signature = Signature::from_bytes(&bytes).unwrap();
    }
    assert_eq!(
        offence(&intake.take(&nobody.encode(), 0, 0)),
        Some(Offence::BadSignature)
    );
}

#[test]
fn a_base_that_brings_another_seal_than_it_names_is_charged() {
    let (mut intake, _) = intake(Judgement::Accept);
    let seal = Seal {
        base: B256::ZERO,
        blockNumber: 4,
        blockHash: B256::ZERO,
        lastSequence: 0,
        lastFrag: B256::ZERO,
        endOfWindow: true,
    };
    let any = Signature::sign(B256::ZERO, &key(1));
    let with = |named: B256| {
        let envelope = Envelope::Base(BaseEnvelope {
            base: Base {
                window: 8,
                attempt: 0,
                parentBlock: 4,
                parentBlockHash: B256::ZERO,
                parentFrag: B256::ZERO,
                parentSeal: named,
            },
            signature: any,
            parent_seal: Some(SealEnvelope {
                seal: seal.clone(),
                signature: any,
            }),
        });
        sign(envelope, 1).encode()
    };
    let named = Envelope::Seal(SealEnvelope {
        seal: seal.clone(),
        signature: any,
    })
    .struct_hash();
    assert!(fresh(&intake.take(&with(named), 0, 0)));
    assert_eq!(
        offence(&intake.take(&with(B256::repeat_byte(3)), 0, 0)),
        Some(Offence::Undecodable)
    );
}

#[test]
fn late_and_foreign_messages_are_nobodys_fault_and_what_the_judge_refuses_is() {
    for (judgement, blamed) in [
        (Judgement::Ignore(Unusable::Late), None),
        (Judgement::Ignore(Unusable::Other("wrong window")), None),
        (Judgement::Reject("a lie"), Some(Offence::Refused)),
    ] {
        let (mut intake, judge) = intake(judgement);
        let message = frag(0, 0, b"tx", 1);
        assert_eq!(offence(&intake.take(&message.encode(), 0, 0)), blamed);
        // Nothing is remembered of what was not accepted: when the view of L1 has moved on, the message is new.
        *judge.0.lock().unwrap() = Judgement::Accept;
        assert!(fresh(&intake.take(&message.encode(), 0, 1)));
    }
}

/// Pitfall: the first frag arrives before its parent and is dropped for ever.
#[test]
fn a_message_that_is_early_waits_and_is_handed_on_when_its_time_comes() {
    let (mut intake, judge) = intake(Judgement::Ignore(Unusable::Early));
    let message = frag(0, 0, b"tx", 1);
    let outcome = intake.take(&message.encode(), 7, 0);
    assert_eq!(ignored(&outcome), Some(Ignored::Waits));
    assert_eq!(outcome.tag, None);
    assert!(intake.again(500).is_empty(), "still early");
    *judge.0.lock().unwrap() = Judgement::Accept;
    let settled = intake.again(600);
    assert_eq!(settled.len(), 1);
    assert!(fresh(&settled[0]));
    assert_eq!(settled[0].tag, Some(7));
    assert!(intake.again(700).is_empty());
}

#[test]
fn early_messages_wait_in_bounded_memory_and_not_for_ever() {
    let (mut intake, _) = intake(Judgement::Ignore(Unusable::Early));
    let mut waiting = 0;
    for sequence in 0..1_200 {
        let outcome = intake.take(&frag(sequence, 0, b"tx", 1).encode(), 0, 0);
        waiting += usize::from(ignored(&outcome) == Some(Ignored::Waits));
        assert_eq!(
            outcome.tag.is_none(),
            ignored(&outcome) == Some(Ignored::Waits)
        );
    }
    assert_eq!(waiting, 1_024);
    let settled = intake.again(PATIENCE_MS);
    assert_eq!(settled.len(), waiting);
    assert!(settled.iter().all(|outcome| outcome.tag.is_some()));
    assert!(intake.again(PATIENCE_MS).is_empty());
}

#[test]
fn a_fork_is_evidence_even_if_the_judge_has_no_use_for_the_message_but_not_from_an_unknown_signer()
{
    for judgement in [Judgement::Accept, Judgement::Ignore(Unusable::Late)] {
        let (mut intake, _) = intake(judgement);
        assert!(
            intake
                .take(&frag(3, 0, b"a", 1).encode(), 0, 0)
                .conflict
                .is_none()
        );
        let outcome = intake.take(&frag(3, 1, b"b", 1).encode(), 0, 0);
        let conflict = outcome.conflict.expect("two frags at one sequence");
        assert_eq!(conflict.signer, address(1));
        let third = intake.take(&frag(3, 2, b"c", 1).encode(), 0, 0);
        assert_eq!(ignored(&third), Some(Ignored::ForkedAlready));
        assert!(third.conflict.is_none());
    }
    let (mut intake, _) = intake(Judgement::Accept);
    for branch in 0..2 {
        let outcome = intake.take(&frag(3, branch, b"a", 2).encode(), 0, 0);
        assert!(outcome.conflict.is_none());
    }
}

#[test]
fn our_own_messages_come_back_as_duplicates_and_our_own_double_signature_is_found() {
    let (mut intake, _) = intake(Judgement::Accept);
    assert!(intake.own(&frag(0, 0, b"tx", 1), 0).is_none());
    let echo = intake.take(&frag(0, 0, b"tx", 1).encode(), 0, 0);
    assert_eq!(ignored(&echo), Some(Ignored::Duplicate));
    let other = intake.take(&frag(0, 1, b"tx", 1).encode(), 0, 0);
    assert!(
        other.conflict.is_some(),
        "another instance signs with our key"
    );
}

proptest! {
    /// Pitfall: a panic on a malformed gossip message.
    #[test]
    fn no_bytes_make_it_panic_and_none_pass_that_are_no_envelope(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (mut intake, _) = intake(Judgement::Accept);
        prop_assert!(offence(&intake.take(&bytes, 0, 0)).is_some());
    }

    #[test]
    fn altered_messages_never_pass_as_the_gateways(place in 0usize..700, bit in 0u8..8) {
        let (mut intake, _) = intake(Judgement::Accept);
        let message = frag(0, 0, b"tx", 1);
        let mut bytes = message.encode().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        if let Verdict::Fresh { envelope, .. } = intake.take(&bytes, 0, 0).verdict {
            prop_assert_eq!(envelope.struct_hash(), message.struct_hash(), "only what is beside it");
        }
    }
}
