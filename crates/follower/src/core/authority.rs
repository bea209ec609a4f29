use alloy_primitives::Address;
use forebond_protocol::Window;
use forebond_settlement::WindowBook;
use forebond_types::Base;

/// Whether a base's signer may open that window's turn, as far as L1 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// It is the window's gateway.
    Owner(Window),
    /// It is somebody else, or no window has this identity.
    Stranger,
    /// L1 has not told about this window (yet).
    Unknown,
}

/// Who may sign under a base. Only sets of one key sign envelopes: a set of several has no single signature.
pub fn authority(book: &WindowBook, base: &Base, signer: Address) -> Authority {
    let Some(around) = book.schedule.at(base.window) else {
        return Authority::Unknown;
    };
    if around.last_slot != base.window {
        return Authority::Stranger;
    }
    match book.committers(&around) {
        None => Authority::Unknown,
        Some(set) if set.threshold == 1 && set.members.contains(&signer) => {
            Authority::Owner(around)
        }
        Some(_) => Authority::Stranger,
    }
}
