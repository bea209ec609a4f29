//! One module per fault: from facts to the evidence its judge convicts on, or to nothing.

pub mod batch_fork;
pub mod broken_base;
pub mod double_delegation;
pub mod excuse;
pub mod fallen;
pub mod false_claim;
pub mod fork;
pub mod late;
pub mod lie;
pub mod missed_slot;
pub mod order;
pub mod twin_leaves;
pub mod unkept;
