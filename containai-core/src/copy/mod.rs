//! A workspace and its copy on another machine.
//!
//! What is on both sides is compared with what both had when they were last
//! the same ([`Inventory`]), as a merge of three does ([`compare()`]): what
//! changed on one side only can go to the other, and what changed on both is a
//! conflict for a person. Whatever belongs to git's own directory takes no
//! part ([`is_private`]).

mod compare;
mod inventory;
mod record;

pub use compare::{Comparison, compare};
pub use inventory::{Inventory, Item, is_private};
pub use record::{CopyRecord, CopyState};
