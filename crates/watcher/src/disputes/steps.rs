//! What is due about a disputed batch.

/// `IAttesterResolver.Verdict`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody has answered.
    None,
    /// Void or standing; it is carried out once it is ready.
    Given,
    /// A void verdict was cancelled: no other one can be given.
    Vetoed,
}

impl From<u8> for Verdict {
    fn from(verdict: u8) -> Self {
        match verdict {
            0 => Self::None,
            3 => Self::Vetoed,
            _ => Self::Given,
        }
    }
}

/// A disputed batch, as L1 shows it, and what is known of it here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disputed {
    /// The bond is this watcher's.
    pub is_mine: bool,
    /// What the resolver says.
    pub verdict: Verdict,
    /// From when on the verdict can be carried out, Unix seconds.
    pub ready_at_s: u64,
    /// The last second in which the dispute can be answered.
    pub last_moment_s: u64,
    /// L1's newest block.
    pub now_s: u64,
    /// What the own derivation says; `None` while something is missing.
    pub is_void: Option<bool>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Wait,
    /// Give the own answer.
    Vote {
        /// Which one.
        is_void: bool,
    },
    /// Carry the verdict out.
    Execute,
    /// End what nobody answered.
    Lapse,
}

/// The step that is due.
///
/// Behind its last moment a dispute takes no votes, whatever the opinion: a watcher that went on voting would leave its bond where it
/// is for ever.
///
/// **Nobody's dispute lapses here but the watcher's own.** A lapse confirms the batch. Its own dispute is lost by then, anybody may end
/// it, and holding back would only cost the bond. With another one's dispute there is nothing to fetch: who attests, and may hold
/// the batch void or not know it at all, would make final what it has not checked.
pub(super) const fn step(of: &Disputed) -> Step {
    match (of.verdict, of.is_void) {
        (Verdict::Given, _) if of.now_s >= of.ready_at_s => Step::Execute,
        (Verdict::None, Some(is_void)) if of.now_s <= of.last_moment_s => Step::Vote { is_void },
        (Verdict::None, _) if of.is_mine && of.now_s > of.last_moment_s => Step::Lapse,
        (Verdict::Vetoed, _) if of.is_mine => Step::Lapse,
        _ => Step::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: u64 = 1_000;

    fn disputed(verdict: Verdict, now_s: u64) -> Disputed {
        Disputed {
            is_mine: true,
            verdict,
            ready_at_s: 500,
            last_moment_s: LAST,
            now_s,
            is_void: Some(true),
        }
    }

    #[test]
    fn an_own_dispute_that_nobody_answered_lapses_although_there_is_an_opinion() {
        let vote = Step::Vote { is_void: true };
        assert_eq!(step(&disputed(Verdict::None, LAST)), vote);
        assert_eq!(step(&disputed(Verdict::None, LAST + 1)), Step::Lapse);
        let unknown = Disputed {
            is_void: None,
            ..disputed(Verdict::None, LAST)
        };
        assert_eq!(step(&unknown), Step::Wait);
        let late = Disputed {
            now_s: LAST + 1,
            ..unknown
        };
        assert_eq!(step(&late), Step::Lapse);
        assert_eq!(step(&disputed(Verdict::Vetoed, 1)), Step::Lapse);
    }

    #[test]
    fn who_attests_never_confirms_a_batch_by_ending_the_dispute_of_another_one() {
        for verdict in [Verdict::None, Verdict::Vetoed] {
            for is_void in [None, Some(true), Some(false)] {
                let others = Disputed {
                    is_mine: false,
                    is_void,
                    ..disputed(verdict, LAST + 1)
                };
                assert_eq!(step(&others), Step::Wait, "{verdict:?}, {is_void:?}");
            }
        }
    }

    #[test]
    fn a_verdict_is_carried_out_from_its_time_on_whoever_disputed() {
        assert_eq!(step(&disputed(Verdict::Given, 499)), Step::Wait);
        for is_mine in [true, false] {
            let ready = Disputed {
                is_mine,
                ..disputed(Verdict::Given, 500)
            };
            assert_eq!(step(&ready), Step::Execute);
        }
        let read: Vec<_> = (0..4).map(Verdict::from).collect();
        let [none, stands, void, vetoed] = read[..] else {
            panic!("four verdicts");
        };
        assert_eq!((none, vetoed), (Verdict::None, Verdict::Vetoed));
        assert_eq!((stands, void), (Verdict::Given, Verdict::Given));
    }
}
