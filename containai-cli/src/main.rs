//! `cai`: a whole Linux for AI coding agents, in a box.

use std::process::ExitCode;

mod app;
mod broker;
mod commands;
mod complete;
mod context;
mod elsewhere;
mod env;
mod error;
mod forwarding;
mod git;
mod host;
mod lock;
mod passage;
mod regroup;
mod role;
mod twin;
mod ui;
#[expect(dead_code, reason = "the first command that changes the configuration uses it")]
mod user_config;
mod wire;
mod workspace;

fn main() -> ExitCode {
    match role::of_this_process() {
        role::Role::Cai => app::main(),
        role::Role::Broker => broker::main(),
        role::Role::Runtime => containai_docker::runtime::main(std::env::args_os().skip(1)),
        role::Role::Supervisor => {
            containai_docker::host::supervisor_main(std::env::args_os().skip(1))
        }
    }
}
