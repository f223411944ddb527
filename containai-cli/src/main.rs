//! `cai`: AI coding agents in system containers.

use std::process::ExitCode;

mod agent_word;
mod aliases;
mod app;
mod args;
mod cai;
mod command_line;
mod commands;
mod complete;
mod dispatch;
mod env;
mod error;
mod global_args;
mod group_reexec;
mod legacy;
mod log;
mod multicall;
mod mux_daemon;
mod output;
mod ui;

fn main() -> ExitCode {
    match multicall::current() {
        multicall::Applet::Cai => cai::main(),
        multicall::Applet::MuxDaemon => mux_daemon::main(),
        multicall::Applet::Runtime => containai_docker::runtime::main(std::env::args_os().skip(1)),
        multicall::Applet::SysboxRuntime => {
            containai_docker::runtime::sysbox_main(std::env::args_os().skip(1))
        }
        multicall::Applet::Supervisor => {
            containai_docker::host::supervisor_main(std::env::args_os().skip(1))
        }
    }
}
