//! End-to-end tests: the real `cai` on a real engine.
//!
//! One binary, one file a theme. A test's name is what is promised.

mod copies;
mod engine_trouble;
mod first_run;
mod foreign_dockerd;
mod full_disk;
mod inner_docker;
mod interruption;
mod isolation;
mod kernel;
mod ownership;
mod races;
mod refusals;
mod setup;
mod ssh_clients;
mod status;
mod sysbox;
mod terminal;
