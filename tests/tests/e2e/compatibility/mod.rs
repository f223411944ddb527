//! Clients that nobody here wrote, against a live container: whatever speaks
//! SSH gets in with the configuration that `cai` wrote, and only behind the key
//! that it pinned.
//!
//! `cargo xtask compatibility` runs these tests and writes what they found to
//! `docs/compatibility.md`.

mod ansible;
mod container;
mod copies;
mod editor;
mod forwards;
mod git;
mod installed;
mod node;
mod openssh;
mod python;
mod sshfs;
mod table;
