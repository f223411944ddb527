//! The host ids of a container's processes, as the engine sees them; processes in the container
//! cannot forge the result.

use std::path::Path;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerTopResponse};
use bollard::query_parameters::TopOptionsBuilder;
use containai_core::engine::{ContainerId, IdRangeMode};
use tokio::time::timeout;

use crate::engine::DockerEngine;

/// Time limit for a best-effort result.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// The engine requires the column PID.
const PS_ARGS: &str = "-eo pid,uid";

impl DockerEngine {
    /// Returns whether a running container has its own id range; `None` if this cannot be
    /// determined within three seconds, or if the engine has no range, as with Sysbox.
    pub async fn id_range(&self, id: &ContainerId) -> Option<IdRangeMode> {
        let options = TopOptionsBuilder::default().ps_args(PS_ARGS).build();
        let processes = self.docker().top_processes(id.as_ref(), Some(options));
        let container = self.docker().inspect_container(id.as_ref(), None);
        let both = async { tokio::join!(processes, container) };
        let (processes, container) = timeout(REQUEST_TIMEOUT, both).await.ok()?;
        range_mode(&processes.ok()?, &container.ok()?)
    }
}

fn range_mode(
    processes: &ContainerTopResponse,
    container: &ContainerInspectResponse,
) -> Option<IdRangeMode> {
    let init = container.state.as_ref()?.pid?;
    let engine = engine_base_id(Path::new(container.hostname_path.as_deref()?))?;
    let running = processes.processes.iter().flatten().find_map(|row| match row.as_slice() {
        [process, user] if process.parse() == Ok(init) => user.parse::<u32>().ok(),
        _ => None,
    })?;
    Some(if running == engine { IdRangeMode::Shared } else { IdRangeMode::Own })
}

/// Returns the first id of the engine's range. Its data root is a directory named `UID.GID`
/// (dockerd(8), "userns-remap"), with the files of a container at `containers/ID/hostname`.
fn engine_base_id(hostname: &Path) -> Option<u32> {
    let name = hostname.ancestors().nth(3)?.file_name()?.to_str()?;
    name.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user: &str, store: &str, expected: Option<IdRangeMode>) {
        let processes = format!(
            r#"{{"Titles": ["PID", "UID"], "Processes": [["77", "1001000"], ["42", "{user}"]]}}"#
        );
        let container = format!(
            r#"{{"State": {{"Pid": 42}}, "HostnamePath": "{store}/containers/c/hostname"}}"#
        );
        let processes = serde_json::from_str(&processes).expect("an answer");
        let container = serde_json::from_str(&container).expect("an answer");
        assert_eq!(range_mode(&processes, &container), expected, "{user} in {store}");
    }

    #[test]
    fn compares_init_uid_with_engine_base() {
        check("1000000", "/var/lib/d/1000000.1000000", Some(IdRangeMode::Shared));
        check("2000224256", "/var/lib/d/1000000.1000000", Some(IdRangeMode::Own));
        check("165536", "/var/lib/docker", None);
        check("root", "/var/lib/d/1000000.1000000", None);
    }

    #[test]
    fn stopped_container_has_no_mode() {
        let container = serde_json::from_str("{}").expect("an answer");
        assert_eq!(range_mode(&ContainerTopResponse::default(), &container), None);
    }
}
