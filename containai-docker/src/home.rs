//! What agents keep in the home directory of a container of an earlier version,
//! which goes with the container.

use std::time::Duration;

use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use containai_core::catalog::{DirectoryLink, shipped_manifests};
use containai_core::engine::ContainerId;
use containai_core::layout;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::archive;

/// How long the end of a container waits for it. Whoever is inside can make it
/// take for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// VOLUME, then PATH TARGET for each directory: copies what stands in the home
/// directory in the place of a link, unless the volume has something newer.
const COPY: &str = r#"
cd || exit
volume=$1; shift
while [ $# -gt 1 ]; do
    if [ -d "$1" ] && [ ! -L "$1" ] && mkdir -p -- "$volume/$2"; then
        (cd -- "$1" && find . -type f -print0 | tar --create --null --files-from=- --file=-) |
            tar --extract --keep-newer-files --directory="$volume/$2" --file=-
    fi
    shift 2
done
"#;

/// Copies to the data volume what a container has beside it, before it is
/// stopped. Containers that were started by this version do it themselves
/// ([`layout::CONTAINER_DROP_IN`]). The agent's own rights are enough; what
/// fails is no reason to go on running.
pub(crate) async fn keep(docker: &Docker, id: &ContainerId) {
    let unit = archive::read_file(docker, id, layout::CONTAINER_DROP_IN).await;
    if matches!(unit, Ok(None)) {
        let _ = timeout(PATIENCE, copy(docker, id)).await;
    }
}

async fn copy(docker: &Docker, id: &ContainerId) -> Result<(), bollard::errors::Error> {
    let words = ["sh", "-c", COPY, "sh", layout::CONTAINER_DATA];
    let mut words = words.map(str::to_owned).to_vec();
    for link in DirectoryLink::all(&shipped_manifests()) {
        words.extend([link.path, link.target]);
    }
    let options = CreateExecOptions {
        attach_stdout: Some(true),
        user: Some(layout::CONTAINER_USER.to_owned()),
        env: Some(vec![format!("HOME={}", layout::CONTAINER_HOME)]),
        cmd: Some(words),
        ..Default::default()
    };
    let exec = docker.create_exec(id.as_ref(), options).await?.id;
    if let StartExecResults::Attached { mut output, .. } =
        docker.start_exec(&exec, None::<StartExecOptions>).await?
    {
        // It ends with the output.
        while output.next().await.transpose()?.is_some() {}
    }
    Ok(())
}
