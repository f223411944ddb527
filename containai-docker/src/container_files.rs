//! Small files copied into and out of a container through the archive API.

use std::io::Read;

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::{
    DownloadFromContainerOptionsBuilder, InspectContainerOptions, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use containai_core::engine::{ContainerId, StartupHook};
use containai_core::layout;
use containai_core::manifest::Agent;
use containai_core::network::HostNetwork;
use futures_util::TryStreamExt as _;

use crate::container_network::{NETWORK_LINKS, network_files};
use crate::running_file;

/// Maximum size of an archive that is read, in bytes. A public key file is far smaller.
const MAX_ARCHIVE_SIZE: usize = 64 * 1024;

/// The user's files that are installed in a container before it starts.
pub(crate) struct ContainerFiles<'a> {
    /// The `authorized_keys` line.
    pub key: &'a str,
    pub hooks: &'a [StartupHook],
    /// Agents that are not part of the image.
    pub agents: &'a [Agent],
    /// The network settings of the host; `None` keeps those of the last start.
    pub network: Option<&'a HostNetwork>,
}

/// The program that starts an agent's binary on behalf of its wrapper.
const WRAP_PROGRAM: &[u8] = include_bytes!("../images/agents/rootfs/usr/lib/containai/wrap");

/// The tmpfiles.d configuration of the data volume, and the systemd drop-in that moves files from
/// the home directory to it. Installing both on every start also updates containers of earlier
/// images.
const VOLUME_FILES: [(&str, &[u8]); 2] = [
    (
        layout::CONTAINER_TMPFILES,
        include_bytes!("../images/base/rootfs/usr/lib/tmpfiles.d/containai.conf"),
    ),
    (
        layout::CONTAINER_DROP_IN,
        include_bytes!(
            "../images/base/rootfs/etc/systemd/system/containai-init.service.d/volume.conf"
        ),
    ),
];

/// Installs the files, owned by the container's root.
///
/// The root file system of a running container is read-only for the engine (see `runtime`). A
/// container that another client has started in the meantime already has its files: that client
/// installed them before the start.
pub(crate) async fn install_files(
    docker: &Docker,
    id: &ContainerId,
    files: ContainerFiles<'_>,
) -> Result<(), Error> {
    let archive = pack_files(&files).map_err(|err| Error::IOError { err })?;
    let options = UploadToContainerOptionsBuilder::default().path("/").build();
    let body = bollard::body_full(archive.into());
    match docker.upload_to_container(id.as_ref(), Some(options), body).await {
        Err(_) if is_running(docker, id).await => Ok(()),
        uploaded => uploaded,
    }
}

async fn is_running(docker: &Docker, id: &ContainerId) -> bool {
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await;
    inspected.is_ok_and(|it| it.state.and_then(|state| state.running).unwrap_or(false))
}

/// Packs the files as a tar archive. The hook list names the current hooks, so that earlier ones no
/// longer run.
fn pack_files(files: &ContainerFiles<'_>) -> std::io::Result<Vec<u8>> {
    let ContainerFiles { key, hooks, agents, network } = files;
    let mut archive = tar::Builder::new(Vec::new());
    let mut put = |path: &str, mode: u32, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, path.trim_start_matches('/'), bytes)
    };
    let key = format!("{}\n", key.trim_end());
    put(layout::CONTAINER_AUTHORIZED_KEYS, 0o644, key.as_bytes())?;
    for (path, bytes) in VOLUME_FILES {
        put(path, 0o644, bytes)?;
    }
    for hook in *hooks {
        let path = format!("{}/startup.d/{}", layout::CONTAINER_HOOKS, hook.name());
        put(&path, 0o755, hook.program())?;
    }
    let list: String = hooks.iter().map(|hook| format!("{}\n", hook.name())).collect();
    put(layout::CONTAINER_HOOK_LIST, 0o644, list.as_bytes())?;
    let wrapped: Vec<_> = agents.iter().filter(|agent| agent.is_wrapped()).collect();
    if !wrapped.is_empty() {
        put(layout::CONTAINER_WRAP, 0o755, WRAP_PROGRAM)?;
    }
    for agent in wrapped {
        for command in agent.command_names() {
            let path = format!("{}/{command}", layout::CONTAINER_WRAPPERS);
            put(&path, 0o755, agent.wrapper_script().as_bytes())?;
        }
    }
    for file in network.map(network_files).unwrap_or_default() {
        put(file.path, file.mode, &file.bytes)?;
    }
    for (path, target) in NETWORK_LINKS.iter().filter(|_| network.is_some()) {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_link(&mut header, path.trim_start_matches('/'), target)?;
    }
    archive.into_inner()
}

/// Reads a small regular file; `None` if it does not exist.
pub(crate) async fn read_file(
    docker: &Docker,
    id: &ContainerId,
    path: &str,
) -> Result<Option<String>, Error> {
    let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
    let mut stream = std::pin::pin!(docker.download_from_container(id.as_ref(), Some(options)));
    let mut archive = Vec::new();
    loop {
        match stream.try_next().await {
            Ok(Some(chunk)) => archive.extend_from_slice(&chunk),
            Ok(None) => return Ok(first_file(&archive.into())),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Ok(None),
            Err(error) if running_file::is_read_only(&error) => {
                let reading = running_file::read_running(docker, id, path, MAX_ARCHIVE_SIZE);
                return Box::pin(reading).await;
            }
            Err(error) => return Err(error),
        }
        if archive.len() > MAX_ARCHIVE_SIZE {
            return Ok(None);
        }
    }
}

/// The text of the first entry, if that is a regular file in UTF-8. A link that a hostile container
/// put in its place has no content in the archive.
fn first_file(archive: &Bytes) -> Option<String> {
    let mut archive = tar::Archive::new(archive.as_ref());
    let mut entry = archive.entries().ok()?.next()?.ok()?;
    if !entry.header().entry_type().is_file() {
        return None;
    }
    let mut text = String::new();
    entry.read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorized_key_is_installed_for_sshd() {
        let files = ContainerFiles {
            key: "ssh-ed25519 AAAA containai\n",
            hooks: &[],
            agents: &[],
            network: None,
        };
        let archive = pack_files(&files).expect("an archive in memory");
        let mut archive = tar::Archive::new(archive.as_slice());
        let mut entry = archive.entries().expect("entries").next().expect("one").expect("readable");
        assert_eq!(entry.path().expect("path").to_str(), Some("etc/containai/authorized_keys"));
        assert_eq!(entry.header().mode().expect("mode"), 0o644);
        assert_eq!(entry.header().uid().expect("uid"), 0);
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        assert_eq!(text, "ssh-ed25519 AAAA containai\n");
    }

    #[test]
    fn hooks_and_agent_wrappers_are_executable_and_hooks_are_listed() {
        let hooks = ["10-a", "20-b"].map(|name| StartupHook::new(name, b"#!/bin/sh\n".to_vec()));
        let hooks: Vec<_> = hooks.into_iter().flatten().collect();
        let agents = [("mind", ["--free"].as_slice()), ("plain", &[])].map(|(name, added)| Agent {
            name: name.to_owned(),
            binary: name.to_owned(),
            default_args: added.iter().map(ToString::to_string).collect(),
            aliases: vec![format!("{name}2")],
            ..Agent::default()
        });
        let files = ContainerFiles { key: "key", hooks: &hooks, agents: &agents, network: None };
        let archive = pack_files(&files).expect("an archive in memory");
        let mut archive = tar::Archive::new(archive.as_slice());
        let entries = archive.entries().expect("entries").map(|entry| {
            let mut entry = entry.expect("readable");
            let path = entry.path().expect("path").to_string_lossy().into_owned();
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            let text = text.lines().last().unwrap_or_default();
            format!("{path} {:o} {text:?}", entry.header().mode().expect("mode"))
        });
        // The files of the volume are generated by `cargo xtask generate`.
        let is_volume = |line: &String| {
            VOLUME_FILES.iter().any(|(path, _)| line.starts_with(path.trim_start_matches('/')))
        };
        let (volume, own): (Vec<_>, Vec<_>) = entries.partition(is_volume);
        assert_eq!(volume.len(), VOLUME_FILES.len());
        insta::assert_snapshot!(own.join("\n"), @r##"
        etc/containai/authorized_keys 644 "key"
        etc/containai/hooks/startup.d/10-a 755 "#!/bin/sh"
        etc/containai/hooks/startup.d/20-b 755 "#!/bin/sh"
        etc/containai/hooks/list 644 "20-b"
        usr/lib/containai/wrap 755 "exit 127"
        usr/lib/containai/wrappers/mind 755 "exec /usr/lib/containai/wrap mind --free \"$@\""
        usr/lib/containai/wrappers/mind2 755 "exec /usr/lib/containai/wrap mind --free \"$@\""
        "##);
    }

    #[test]
    fn symlink_is_not_followed() {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_link(&mut header, "key.pub", "/etc/shadow").expect("link");
        let archive = archive.into_inner().expect("archive");
        assert_eq!(first_file(&archive.into()), None);
    }
}
