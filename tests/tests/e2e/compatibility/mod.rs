//! Third-party SSH clients against a running container. Each connects with the configuration that
//! `cai` wrote, and only when the server has the pinned key.
//!
//! `cargo xtask compatibility` runs these tests and writes the results to `docs/compatibility.md`.

mod ansible;
mod container;
mod editor;
mod file_transfer;
mod forwards;
mod git;
mod installed;
mod node;
mod openssh;
mod python;
mod sshfs;
mod table;
