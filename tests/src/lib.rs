//! What the end-to-end suites are written with.
//!
//! A test gets a [`Person`]: a home of its own, repositories below it, and a
//! command line `cai` that reaches a real engine. That engine is shared by all
//! tests of a run and is none of the machine's: [`Engine::shared()`] has the
//! real `cai setup --yes` make it below `/var/tmp/containai-tests-<uid>`. A
//! test that breaks its engine makes one for itself with [`Engine::apart`].
//!
//! Nothing here skips: what cannot be provided fails the test that needs it.

mod api;
mod cai;
pub mod contract;
pub mod contract_snapshots;
mod engine;
mod hop;
pub mod markdown;
mod mute_engine;
mod network;
mod outcome;
mod person;
mod place;
mod repository;
mod running;
mod ssh_agent;
mod terminal;
mod tls;
mod until;
pub mod vectors;
mod volume;

pub use api::Api;
pub use cai::Cai;
pub use engine::Engine;
pub use hop::Hop;
pub use mute_engine::MuteEngine;
pub use network::Network;
pub use outcome::{Outcome, output_of};
pub use person::{Person, uncut};
pub use place::Place;
pub use repository::Repository;
pub use running::Running;
pub use ssh_agent::SshAgent;
pub use terminal::Terminal;
pub use tls::Tls;
pub use until::until;
pub use volume::Volume;
