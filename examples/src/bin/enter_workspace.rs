//! Embeds the whole library: creates and starts the system container of a workspace on an engine
//! that `cai setup` prepared, runs a command in it over SSH, and passes its status on.
//!
//! `cargo run -p containai-examples --bin enter_workspace -- DIR COMMAND…`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use containai_core::engine::ImageRequest;
use containai_core::layout::{EngineLayout, Layout};
use containai_core::lifecycle::{Desired, IgnoreEvents, drive};
use containai_core::naming::{ContainerName, GitHead, WorkspacePath};
use containai_core::resources::{HostCapacity, Resources};
use containai_core::workspace_store::NoWorkspaceStore;
use containai_docker::host::EngineRecord;
use containai_docker::{DockerEngine, EngineAddress};
use containai_ssh::{Command, SshRemote, Stdio, Terminal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args().skip(1);
    let directory = words.next().context("usage: enter_workspace DIR COMMAND…")?;
    let home = std::env::var("HOME").context("`HOME` is not set")?;

    // The facts: engine, user and workspace.
    let machine = EngineLayout::default();
    let record = EngineRecord::read(&machine)?.context("run `cai setup` first")?;
    let engine = DockerEngine::connect(EngineAddress::unix(machine.socket()), None)?
        .with_ownership(record.ownership(&machine));
    let remote = SshRemote::new(Layout::new(Path::new(&home), None, None));
    let workspace = WorkspacePath::new(std::fs::canonicalize(directory)?)?;

    // The requested container.
    let capacity = HostCapacity { memory_bytes: 8 << 30, cpus: 4 };
    let name = ContainerName::derive(&workspace, &GitHead::NoGit);
    let (image, resources) = (ImageRequest::parse("base"), Resources::half_of(capacity));
    let desired = Desired::new(workspace, name, image, record.isolation, resources);

    let reached = drive(&engine, &remote, &NoWorkspaceStore, &desired, &IgnoreEvents).await?;
    let command = Command::new(words)?;
    let outcome = reached.connection.exec(&command, Terminal::None, Stdio::inherit()).await?;
    Ok(ExitCode::from(outcome.code()))
}
