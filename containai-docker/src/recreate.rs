//! Recreation of a container on another port.
//!
//! Docker cannot change the port of an existing container (`docker update` changes only resources),
//! so its file system is committed and a replacement is created from that image. The replacement
//! mounts the same volumes by name, including anonymous ones of the image.

use std::collections::HashMap;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, Mount, MountPoint, MountType, PortBinding,
};
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::{ContainerId, ReplacementSpec};
use containai_core::naming::HostPort;

use crate::spec::SSH_PORT;

/// Returns the time at which the container was last started.
pub(crate) async fn last_start(docker: &Docker, id: &ContainerId) -> Result<String, Error> {
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await?;
    Ok(inspected.state.and_then(|state| state.started_at).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use containai_core::label::Labels;
    use containai_core::naming::ContainerName;

    use super::*;

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
        let replacement_spec = ReplacementSpec::new(
            ContainerId::new("0123456789abcdef"),
            ContainerName::parse("api-main.moving").expect("a name"),
            "containai/kept:0123456789ab".into(),
            [("mine", "1")].into_iter().collect::<Labels>(),
        );
        let port = HostPort::new(2301).expect("a port");
        let mut body = body_from(inspected, &replacement_spec, port).expect("a body");
        let labels: std::collections::BTreeMap<_, _> =
            body.labels.take().unwrap_or_default().into_iter().collect();
        insta::assert_json_snapshot!(labels);
        insta::assert_json_snapshot!(body);
    }
}
