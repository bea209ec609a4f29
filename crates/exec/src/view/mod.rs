//! Immutable views for readers: layers of published writes over the newest stored state.

mod layer;

pub use layer::{Layer, StateView};
