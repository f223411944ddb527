//! `cai`: a whole Linux for AI coding agents, in a box.

use std::process::ExitCode;

mod app;
mod archive_file;
mod beneath;
mod broker;
mod command_line;
mod commands;
mod complete;
mod context;
mod devcontainer_file;
mod devcontainer_image;
mod editor;
mod elsewhere;
mod ending;
mod env;
mod environment;
mod error;
mod forwarding;
mod gauge;
mod git;
mod gone;
mod hooks;
mod host;
mod importing;
mod interruption;
mod left_out;
mod lock;
mod mounts;
mod moved;
mod passage;
mod place;
mod private_file;
mod protected;
mod records;
mod regroup;
mod restoration;
mod role;
mod settings;
mod surroundings;
mod templates;
mod trust;
mod turns;
mod twin;
mod ui;
mod user_config;
mod wanted_image;
mod wire;
mod workspace;
mod worktree;

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
