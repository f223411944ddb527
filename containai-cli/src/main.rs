//! `cai`: a whole Linux for AI coding agents, in a box.

use std::process::ExitCode;

mod app;
mod broker;
mod command_line;
mod commands;
mod complete;
mod editor;
mod env;
mod error;
mod gone;
mod regroup;
mod role;
mod ui;
mod wire;

fn main() -> ExitCode {
    match role::of_this_process() {
        role::Role::Cai => app::main(),
        role::Role::Broker => broker::main(),
        role::Role::Runtime => containai_docker::runtime::main(std::env::args_os().skip(1)),
        role::Role::SysboxRuntime => {
            containai_docker::runtime::sysbox_main(std::env::args_os().skip(1))
        }
        role::Role::Supervisor => {
            containai_docker::host::supervisor_main(std::env::args_os().skip(1))
        }
    }
}
