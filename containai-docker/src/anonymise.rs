//! Images without the files that identify a container.

use containai_core::engine::{AnonymisedImage, EngineError};
use containai_core::label::{self, Labels};
use containai_core::layout;
use containai_core::naming::WorkspacePath;
use futures_util::stream;

use crate::engine::DockerEngine;
use crate::helper_container::{HelperContainer, HelperSpec};

/// The files that are emptied: sshd's host key and the machine id, machine-id(5), which a container
/// generates if they are empty, and the host's proxies.
const IDENTITY_FILES: [(&str, u32); 4] = [
    ("/etc/ssh/ssh_host_ed25519_key", 0o600),
    (layout::CONTAINER_HOST_KEY, 0o644),
    ("/etc/machine-id", 0o644),
    // The proxies, which may contain passwords.
    (layout::CONTAINER_PROXIES, 0o600),
];

/// Commits an image in which the files that identify a container are empty, and in which a
/// directory is at the origin workspace's path, where a link could lead to the origin's workspace.
pub(crate) async fn anonymise(
    engine: &DockerEngine,
    image: &str,
    origin: &WorkspacePath,
) -> Result<AnonymisedImage, EngineError> {
    let labels =
        Labels::for_helper().with_client(engine.client_id()).with(label::ANONYMISES, image);
    let helper = HelperContainer::create(engine, HelperSpec::new(image, labels)).await?;
    let archive = pack_empty_files(origin);
    let emptied = async {
        helper.put("/", stream::iter([archive.map(Into::into)])).await?;
        helper.commit().await
    };
    match emptied.await {
        Ok(image) => Ok(AnonymisedImage { image, helper: helper.into_id() }),
        Err(error) => {
            helper.remove().await?;
            Err(error)
        }
    }
}

fn pack_empty_files(origin: &WorkspacePath) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut put = |path: &str, mode: u32, kind: tar::EntryType| {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(kind);
        archive.append_data(&mut header, path.trim_start_matches('/'), std::io::empty())
    };
    for (path, mode) in IDENTITY_FILES {
        put(path, mode, tar::EntryType::Regular)?;
    }
    put(origin.as_str(), 0o755, tar::EntryType::Directory)?;
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_files_are_emptied() {
        let origin = WorkspacePath::new("/src/api").expect("a path");
        let archive = pack_empty_files(&origin).expect("an archive in memory");
        let mut archive = tar::Archive::new(archive.as_slice());
        let entries = archive.entries().expect("entries").map(|entry| {
            let entry = entry.expect("readable");
            let path = entry.path().expect("path").to_string_lossy().into_owned();
            let header = entry.header();
            let (mode, size) = (header.mode().expect("mode"), header.size().expect("size"));
            format!("{path} {mode:o} {size} {:?}", header.entry_type())
        });
        insta::assert_snapshot!(entries.collect::<Vec<_>>().join("\n"), @r"
        etc/ssh/ssh_host_ed25519_key 600 0 Regular
        etc/ssh/ssh_host_ed25519_key.pub 644 0 Regular
        etc/machine-id 644 0 Regular
        etc/containai/network/proxies 600 0 Regular
        src/api 755 0 Directory
        ");
    }
}
