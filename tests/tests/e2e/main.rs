//! End-to-end tests: the real `cai` on a real engine.
//!
//! One binary, one file a theme. A test's name is what is promised.

mod agent_forwarding;
mod agents;
mod boot;
mod compatibility;
mod configuration;
mod contract;
mod copies;
mod devcontainer;
mod engine_trouble;
mod faults;
mod first_run;
mod foreign_dockerd;
mod forwards;
mod full_disk;
mod identity;
mod images;
mod import;
mod inner_docker;
mod interruption;
mod isolation;
mod kernel;
mod other_machines;
mod overview;
mod ownership;
mod ports;
mod races;
mod refusals;
mod renewal;
mod setup;
mod sharing;
mod ssh_audit;
mod ssh_clients;
mod ssh_config;
mod status;
mod stopping;
mod sweeping;
mod sysbox;
mod templates;
mod terminal;
mod variables;
