//! The command line without an engine, as snapshots of stdout, stderr and exit
//! status: the help of every verb, usage errors, words of earlier versions, and
//! every verb while no engine answers.
//!
//! `INSTA_UPDATE=always cargo test -p containai-cli --test it` writes them again.

mod help;
mod home;
mod no_engine;
mod old_words;
mod snapshot;
mod usage;
mod verb;
