//! `cargo xtask generate`: files of images derived from the code and the manifests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;

use anyhow::Context as _;
use containai_core::engine::ShippedImage;
use containai_core::layout::{CONTAINER_CREDENTIALS_LIST, CONTAINER_TMPFILES, CONTAINER_WRAPPERS};
use containai_core::manifest::{
    Agent, agent_system_files, credentials_list, shipped_agents, shipped_logins, shipped_manifests,
    tmpfiles,
};

use crate::project;

/// Writes the files; a test in `containai-docker` fails when they are stale.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    write("base", CONTAINER_TMPFILES, 0o644, &tmpfiles(&shipped_manifests()))?;
    for (path, text) in agent_system_files() {
        write("agents", path, 0o644, &text)?;
    }
    let list = credentials_list(&shipped_logins());
    write("base", CONTAINER_CREDENTIALS_LIST, 0o644, &list)?;
    for agent in shipped_agents().into_iter().filter(Agent::is_wrapped) {
        if ShippedImage::Agents.agents().contains(&agent.name.as_str()) {
            for command in agent.command_names() {
                write(
                    "agents",
                    &format!("{CONTAINER_WRAPPERS}/{command}"),
                    0o755,
                    &agent.wrapper_script(),
                )?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file of an image, given by its absolute path there.
fn write(image: &str, path: &str, mode: u32, text: &str) -> anyhow::Result<()> {
    let file = project::root().join(format!("images/{image}/rootfs{path}"));
    let cannot = || format!("cannot write `{}`", file.display());
    fs::create_dir_all(file.parent().unwrap_or(&file)).with_context(cannot)?;
    fs::write(&file, text).with_context(cannot)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).with_context(cannot)
}
