//! The SSH files of a user: formats, atomic writes and locks.

mod atomic;
mod failure;
mod fragment;
mod identity;
mod lock;
mod pins;
mod ssh_config;

pub(crate) use atomic::{PRIVATE, own_dir};
pub(crate) use fragment::{fragments, remove_fragment, write_fragment};
pub(crate) use identity::identity;
pub(crate) use lock::{FileLock, lock};
pub(crate) use pins::{pin, pinned, pinned_names, unpin};
pub(crate) use ssh_config::{has_include, write_include};
