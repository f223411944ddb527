//! The testkit of the end-to-end suites.
//!
//! A test creates a [`Person`]: a home directory, repositories beside it, and a `cai` command that
//! reaches a real engine. All tests of a run share that engine, which is separate from the
//! machine's own: [`Engine::shared()`] has the real `cai setup --yes` create it below
//! `/var/tmp/containai-tests-<uid>`. A test that breaks its engine creates one with
//! [`Engine::isolated`].
//!
//! Tests are never skipped: a missing prerequisite fails the test that needs it.

mod api;
mod cai;
pub mod contract;
pub mod contract_snapshots;
mod corporate_network;
mod engine;
pub mod markdown;
mod network;
mod outcome;
mod person;
mod repository;
mod running;
mod ssh_agent;
mod ssh_server;
mod terminal;
mod test_root;
mod tls_server;
mod unresponsive_engine;
pub mod vectors;
mod volume;
mod wait;

pub use api::Api;
pub use cai::Cai;
pub use corporate_network::{BEHIND_PROXY, CORPORATE_HOST, CorporateNetwork};
pub use engine::Engine;
pub use network::Network;
pub use outcome::{Outcome, output_of};
pub use person::{Person, retry_if_disconnected};
pub use repository::Repository;
pub use running::Running;
pub use ssh_agent::SshAgent;
pub use ssh_server::SshServer;
pub use terminal::Terminal;
pub use test_root::TestRoot;
pub use tls_server::TlsServer;
pub use unresponsive_engine::UnresponsiveEngine;
pub use volume::Volume;
pub use wait::wait_until;
