use eyre::{Result, eyre};
use tokio::sync::mpsc;

/// Orders that wait.
const QUEUE: usize = 64;

/// What a misdeed needs done to the devnet's processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// A process stands still.
    Pause(String),
    /// It goes on.
    GoOn(String),
    /// Peers do not reach a gateway, by its place.
    Cut(usize),
    /// They reach it again.
    Mend(usize),
}

/// Gives orders to whoever owns the processes.
#[derive(Clone, Debug)]
pub(super) struct Hands(mpsc::Sender<Order>);

impl Hands {
    /// Hands, and where their orders arrive.
    pub(super) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, taken) = mpsc::channel(QUEUE);
        (Self(orders), taken)
    }

    /// Gives an order.
    ///
    /// # Errors
    /// When the run is over.
    pub(super) async fn order(&self, order: Order) -> Result<()> {
        self.0
            .send(order)
            .await
            .map_err(|_| eyre!("the run is over"))
    }
}
