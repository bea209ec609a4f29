//! When to dispute a claim: its data is here and does not derive to it, and there is time (R4).

/// What the own derivation says of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispute {
    /// Lock a bond against it.
    Now,
    /// Nothing to do now; look again.
    Wait,
    /// Nothing to do ever.
    No(Objection),
}

/// Why a batch is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It derives to its claim.
    Derives,
    /// Its standing is decided, or somebody disputes it already.
    Decided,
    /// The claim window is over.
    TooLate,
}

/// What is known of a batch that may be disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeSight {
    /// The own derivation found it void; `None` while something is missing: missing is never void.
    pub is_void: Option<bool>,
    /// Posted, and neither disputed nor decided.
    pub is_open: bool,
    /// Its parent is Confirmed or stands undisputed: a child of a batch that falls falls with it, for nothing.
    pub parent_stands: bool,
    /// L1 blocks on top of the one that posted it.
    pub depth: u64,
    /// Unix seconds of L1's head.
    pub now_s: u64,
    /// Unix seconds at which the claim window is over.
    pub until_s: u64,
    /// Seconds that a dispute needs to land.
    pub margin_s: u64,
    /// L1 blocks after which a posting is believed to stay.
    pub settled_depth: u64,
}

/// Whether to dispute. A true claim is never disputed: the bond would be lost.
pub const fn dispute(sight: &DisputeSight) -> Dispute {
    match sight.is_void {
        Some(false) => return Dispute::No(Objection::Derives),
        None if sight.now_s >= sight.until_s => return Dispute::No(Objection::TooLate),
        None => return Dispute::Wait,
        Some(true) => {}
    }
    if !sight.is_open {
        return Dispute::No(Objection::Decided);
    }
    if sight.now_s >= sight.until_s {
        return Dispute::No(Objection::TooLate);
    }
    let last_chance = sight.now_s.saturating_add(sight.margin_s) >= sight.until_s;
    let settled = sight.depth >= sight.settled_depth && sight.parent_stands;
    if settled || last_chance {
        Dispute::Now
    } else {
        Dispute::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOID: DisputeSight = DisputeSight {
        is_void: Some(true),
        is_open: true,
        parent_stands: true,
        depth: 2,
        now_s: 100,
        until_s: 200,
        margin_s: 24,
        settled_depth: 2,
    };

    #[test]
    fn a_void_claim_is_disputed_once_its_posting_is_deep_enough() {
        assert_eq!(dispute(&VOID), Dispute::Now);
        let shallow = DisputeSight { depth: 1, ..VOID };
        assert_eq!(dispute(&shallow), Dispute::Wait);
        let last_chance = DisputeSight {
            now_s: 176,
            ..shallow
        };
        assert_eq!(dispute(&last_chance), Dispute::Now);
        let falls_by_itself = DisputeSight {
            parent_stands: false,
            ..VOID
        };
        assert_eq!(dispute(&falls_by_itself), Dispute::Wait);
    }

    #[test]
    fn a_true_claim_missing_data_and_what_is_decided_are_left_alone() {
        let derives = DisputeSight {
            is_void: Some(false),
            ..VOID
        };
        assert_eq!(dispute(&derives), Dispute::No(Objection::Derives));
        let missing = DisputeSight {
            is_void: None,
            now_s: 199,
            ..VOID
        };
        assert_eq!(dispute(&missing), Dispute::Wait);
        let decided = DisputeSight {
            is_open: false,
            ..VOID
        };
        assert_eq!(dispute(&decided), Dispute::No(Objection::Decided));
        let over = DisputeSight { now_s: 200, ..VOID };
        assert_eq!(dispute(&over), Dispute::No(Objection::TooLate));
    }
}
