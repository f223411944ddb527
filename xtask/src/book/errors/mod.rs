//! Errors and their hints, collected from the source for the page on troubleshooting.

mod attached;
mod collect;
mod item;
mod page;
mod token;

pub(super) use collect::read;
pub(super) use page::{PATH, render, without_links};
pub(super) use token::{Token, tokens};
