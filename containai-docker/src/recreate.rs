//! Recreation of a container on another port.
//!
//! Docker cannot change the port of an existing container (`docker update` changes only resources),
//! so its file system is committed and a replacement is created from that image. The replacement
//! mounts the same volumes by name, including anonymous ones of the image.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{
    ContainerConfig, ContainerCreateBody, ContainerInspectResponse, ContainerSummary, Mount,
    MountPoint, MountType, PortBinding,
};
use bollard::query_parameters::{
    CommitContainerOptionsBuilder, InspectContainerOptions, ListImagesOptionsBuilder,
    RemoveImageOptions, TagImageOptionsBuilder,
};
use containai_core::engine::{ContainerId, ReplacementSpec};
use containai_core::naming::HostPort;

use crate::container;
use crate::spec::SSH_PORT;

/// The repository of the committed file systems.
const COMMIT_REPOSITORY: &str = "containai/kept";
/// Length of the container id in the tag, as in Docker's short ids.
const SHORT_ID_LENGTH: usize = 12;
/// Timeout of a commit: 36 GB at 10 MB per second.
pub(crate) const COMMIT_TIMEOUT: Duration = Duration::from_secs(3600);

/// Commits the file system of a stopped container. Removes an image that an earlier attempt left
/// under the tag; it would become untagged otherwise and stay forever.
pub(crate) async fn commit(docker: &Docker, id: &ContainerId) -> Result<String, Error> {
    let reference = reference(id);
    remove_image(docker, &reference).await;
    let options = CommitContainerOptionsBuilder::default()
        .container(id.as_ref())
        .repo(COMMIT_REPOSITORY)
        .tag(&short_id(id))
        .build();
    let patient = docker.clone().with_timeout(COMMIT_TIMEOUT);
    patient.commit_container(options, ContainerConfig::default()).await?;
    Ok(reference)
}

/// Tags an image so that it is kept as long as a container created from it.
pub(crate) async fn tag_for_container(
    docker: &Docker,
    image: &str,
    id: &ContainerId,
) -> Result<(), Error> {
    let tag = TagImageOptionsBuilder::default().repo(COMMIT_REPOSITORY).tag(&short_id(id)).build();
    docker.tag_image(image, Some(tag)).await
}

/// Returns the time at which the container was last started.
pub(crate) async fn last_start(docker: &Docker, id: &ContainerId) -> Result<String, Error> {
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await?;
    Ok(inspected.state.and_then(|state| state.started_at).unwrap_or_default())
}

/// Removes the committed images that no container needs: the committed container is removed, and no
/// container was created from the image. Examines all of them, so that images of a killed run are
/// removed as well.
pub(crate) async fn prune_images(docker: &Docker) -> Result<(), Error> {
    let filters = HashMap::from([("reference", vec![COMMIT_REPOSITORY])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let images = docker.list_images(Some(options)).await?;
    if images.is_empty() {
        return Ok(());
    }
    let containers = container::summaries(docker).await?;
    for tag in images.into_iter().flat_map(|image| image.repo_tags) {
        if is_leftover(&tag, &containers) {
            remove_image(docker, &tag).await;
        }
    }
    Ok(())
}

fn is_leftover(tag: &str, containers: &[ContainerSummary]) -> bool {
    let Some((COMMIT_REPOSITORY, origin)) = tag.rsplit_once(':') else { return false };
    !containers.iter().any(|container| {
        container.id.as_ref().is_some_and(|id| id.starts_with(origin))
            || container.image.as_deref() == Some(tag)
    })
}

/// Returns the body that creates the replacement: the configuration of the old container with
/// another image, other labels and another port.
pub(crate) async fn body(
    docker: &Docker,
    replacement: &ReplacementSpec,
    port: HostPort,
) -> Result<ContainerCreateBody, Error> {
    let id = replacement.of.as_ref();
    let inspected = docker.inspect_container(id, None::<InspectContainerOptions>).await?;
    Ok(body_from(inspected, replacement, port)?)
}

fn body_from(
    inspected: ContainerInspectResponse,
    replacement: &ReplacementSpec,
    port: HostPort,
) -> Result<ContainerCreateBody, serde_json::Error> {
    // The settings have the same names in the response and in the request.
    let settings = serde_json::to_value(inspected.config.unwrap_or_default())?;
    let mut host = inspected.host_config.unwrap_or_default();
    let mut mounts = host.mounts.take().unwrap_or_default();
    let unnamed = anonymous_volumes(inspected.mounts.unwrap_or_default(), &mounts);
    mounts.extend(unnamed);
    for mount in &mut mounts {
        let other = mount.target.as_deref().and_then(|target| replacement.volumes.get(target));
        if let Some(volume) = other {
            mount.source = Some(volume.to_string());
        }
    }
    host.mounts = Some(mounts);
    let binding =
        PortBinding { host_ip: Some("127.0.0.1".into()), host_port: Some(port.to_string()) };
    let mut ports: HashMap<_, _> = host.port_bindings.take().unwrap_or_default();
    ports.insert(SSH_PORT.into(), Some(vec![binding]));
    host.port_bindings = Some(ports);
    let labels = replacement.labels.clone().with_port(port);
    Ok(ContainerCreateBody {
        image: Some(replacement.image.clone()),
        labels: Some(labels.iter().map(|(key, value)| (key.into(), value.into())).collect()),
        host_config: Some(host),
        ..serde_json::from_value(settings)?
    })
}

/// The volumes that no mount specifies.
fn anonymous_volumes(points: Vec<MountPoint>, mounts: &[Mount]) -> Vec<Mount> {
    let is_asked_for =
        |point: &MountPoint| mounts.iter().any(|mount| mount.target == point.destination);
    points
        .into_iter()
        .filter(|point| point.typ.as_deref() == Some("volume") && !is_asked_for(point))
        .map(|point| Mount {
            typ: Some(MountType::VOLUME),
            source: point.name,
            target: point.destination,
            read_only: point.rw.map(|writable| !writable),
            ..Default::default()
        })
        .collect()
}

/// The reference of a container's committed file system.
fn reference(id: &ContainerId) -> String {
    format!("{COMMIT_REPOSITORY}:{}", short_id(id))
}

/// Removes an image unless it is missing or in use.
async fn remove_image(docker: &Docker, reference: &str) {
    // Docker refuses to remove an image in use, which is intended.
    let _ = docker.remove_image(reference, None::<RemoveImageOptions>, None).await;
}

fn short_id(id: &ContainerId) -> String {
    id.as_ref().chars().take(SHORT_ID_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use containai_core::label::Labels;
    use containai_core::naming::ContainerName;

    use super::*;

    #[test]
    fn image_is_kept_while_a_container_needs_it() {
        let containers: Vec<ContainerSummary> = serde_json::from_value(serde_json::json!([
            {"Id": "aaaaaaaaaaaa0000", "Image": "containai/base:1"},
            {"Id": "bbbbbbbbbbbb0000", "Image": "containai/kept:cccccccccccc"},
        ]))
        .expect("a listing");
        for (tag, expected) in [
            ("containai/kept:aaaaaaaaaaaa", false),
            ("containai/kept:cccccccccccc", false),
            ("containai/kept:dddddddddddd", true),
            ("containai/base:1", false),
            ("<none>:<none>", false),
        ] {
            assert_eq!(is_leftover(tag, &containers), expected, "{tag}");
        }
    }

    #[test]
    fn replacement_differs_only_in_image_labels_and_port() {
        let inspected = serde_json::json!({
            "Config": {
                "Hostname": "api-main", "Tty": true, "Image": "mine", "Env": ["A=b"],
                "Cmd": ["/sbin/init"], "StopSignal": "SIGRTMIN+3", "Labels": {"mine": "1"},
                "ExposedPorts": {"22/tcp": {}}, "Volumes": {"/srv": {}}, "StopTimeout": 100,
            },
            "HostConfig": {
                "Runtime": "containai-runc", "Memory": 1_048_576, "PidsLimit": 5,
                "NetworkMode": "default", "CgroupnsMode": "private",
                "PortBindings": {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": "2300"}]},
                "Mounts": [{"Type": "volume", "Source": "data", "Target": "/mnt/agent-data"}],
            },
            "Mounts": [
                {"Type": "volume", "Name": "data", "Destination": "/mnt/agent-data", "RW": true},
                {"Type": "volume", "Name": "0a1b", "Destination": "/srv", "RW": true},
                {"Type": "bind", "Source": "/w", "Destination": "/home/agent/workspace"},
            ],
        });
        let inspected = serde_json::from_value(inspected).expect("an answer");
        let succession = ReplacementSpec {
            of: ContainerId::new("0123456789abcdef"),
            name: ContainerName::parse("api-main.moving").expect("a name"),
            image: "containai/kept:0123456789ab".into(),
            labels: [("mine", "1")].into_iter().collect::<Labels>(),
            volumes: std::collections::BTreeMap::new(),
        };
        let port = HostPort::new(2301).expect("a port");
        let mut body = body_from(inspected, &succession, port).expect("a body");
        let labels: std::collections::BTreeMap<_, _> =
            body.labels.take().unwrap_or_default().into_iter().collect();
        insta::assert_json_snapshot!(labels);
        insta::assert_json_snapshot!(body);
    }
}
