//! Conversion of a container specification to the body of the engine's `POST /containers/create`.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, Mount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountType, MountVolumeOptions, PortBinding,
};
use containai_core::engine::{
    ContainerSpec, EngineError, ExtraMount, Isolation, LinkedRepository, MountAccess, MountSource,
    RestartPolicy, WorkspaceMount,
};
use containai_core::label;
use containai_core::layout;
use containai_core::naming::VolumeName;

use crate::restart_policy;

mod credentials;
mod extra_hosts;
mod forbidden;

pub use forbidden::refuse as refuse_mounts;

/// The port of the container's sshd.
pub(crate) const SSH_PORT: &str = "22/tcp";
/// The signal that requests a shutdown from systemd (systemd(1), "SIGNALS").
pub(crate) const STOP_SIGNAL: &str = "SIGRTMIN+3";
/// Maximum time for systemd to shut down, in seconds.
pub(crate) const STOP_TIMEOUT: i32 = 100;
/// Maximum number of processes and threads of a container, against fork bombs.
const MAX_PROCESSES: i64 = 32_768;

/// Returns the body that creates the container.
///
/// # Errors
///
/// [`EngineError::ForbiddenMount`] for a mount that contains an engine's socket or exposes the
/// host.
pub(crate) fn body(spec: &ContainerSpec) -> Result<ContainerCreateBody, EngineError> {
    forbidden::refuse(spec)?;
    let labels = spec.labels();
    Ok(ContainerCreateBody {
        hostname: Some(spec.hostname.to_string()),
        image: Some(spec.image.clone()),
        // systemd writes its first messages to /dev/console, which exists only with a terminal; an
        // error of a failed boot shows them.
        tty: Some(true),
        env: Some(env(spec)),
        entrypoint: Some(Vec::new()),
        cmd: Some(vec!["/sbin/init".into(), "--log-level=err".into()]),
        working_dir: Some(layout::CONTAINER_WORKSPACE.into()),
        exposed_ports: Some(vec![SSH_PORT.into()]),
        stop_signal: Some(STOP_SIGNAL.into()),
        stop_timeout: Some(STOP_TIMEOUT.into()),
        labels: Some(labels.clone().into_map()),
        host_config: Some(host_config(spec)),
        ..Default::default()
    })
}

fn env(spec: &ContainerSpec) -> Vec<String> {
    let workspace = format!("CAI_HOST_WORKSPACE={}", spec.workspace);
    let facts = spec.host.variables().map(|(name, value)| format!("{name}={value}"));
    [workspace].into_iter().chain(facts).collect()
}

fn host_config(spec: &ContainerSpec) -> HostConfig {
    let memory = i64::try_from(spec.resources.memory.bytes()).unwrap_or(i64::MAX);
    HostConfig {
        runtime: Some(spec.isolation.runtime().into()),
        cgroupns_mode: match spec.isolation {
            Isolation::Userns => Some(HostConfigCgroupnsModeEnum::PRIVATE),
            Isolation::Sysbox => None,
        },
        memory: Some(memory),
        memory_swap: Some(memory),
        nano_cpus: Some(spec.resources.cpus.nanos()),
        pids_limit: Some(MAX_PROCESSES),
        restart_policy: match spec.restart {
            RestartPolicy::No => None,
            policy => Some(restart_policy::to_docker(policy)),
        },
        port_bindings: Some(HashMap::from([(
            SSH_PORT.into(),
            Some(vec![PortBinding {
                host_ip: Some("127.0.0.1".into()),
                host_port: Some(spec.port.to_string()),
            }]),
        )])),
        mounts: Some(mounts(spec)),
        extra_hosts: Some(extra_hosts::extra_hosts(spec)),
        ..Default::default()
    }
}

fn mounts(spec: &ContainerSpec) -> Vec<Mount> {
    let mut mounts = vec![
        workspace_mount(spec),
        volume_mount(spec, spec.data_volume.as_ref(), layout::CONTAINER_DATA),
        volume_mount(spec, spec.docker_volume.as_ref(), layout::CONTAINER_DOCKER),
    ];
    if let Some(repository) = &spec.repository {
        mounts.extend(repository_mounts(repository));
        // The engine creates the directories above the repository in the container, owned by host
        // root, so that the container cannot create a link beside it. The boot cleans `/tmp`.
        let workspace = spec.workspace.as_path();
        if !forbidden::is_container_path(workspace) && !workspace.starts_with("/tmp") {
            mounts.push(bind(spec.workspace.as_str(), spec.workspace.as_str(), ReadOnly::No));
        }
    }
    mounts.extend(spec.mounts.iter().map(|mount| extra_mount(spec, mount)));
    mounts
}

fn repository_mounts(repository: &LinkedRepository) -> Vec<Mount> {
    let own = bind(repository.own.as_str(), repository.common_dir.as_str(), ReadOnly::No);
    let stores = repository.object_stores.iter();
    let stores = stores.map(|it| bind(it.source.as_str(), it.target.as_str(), ReadOnly::Yes));
    std::iter::once(own).chain(stores).collect()
}

fn extra_mount(spec: &ContainerSpec, mount: &ExtraMount) -> Mount {
    let read_only = match mount.access {
        MountAccess::ReadWrite => ReadOnly::No,
        MountAccess::ReadOnly => ReadOnly::Yes,
    };
    match &mount.source {
        MountSource::Credentials { volume, login } => {
            credentials::mount(spec, volume, login, mount.target.as_str())
        }
        MountSource::Host(path) => bind(path.as_str(), mount.target.as_str(), read_only),
        MountSource::Volume(name) => Mount {
            read_only: (read_only == ReadOnly::Yes).then_some(true),
            ..volume_mount(spec, Some(name), mount.target.as_str())
        },
    }
}

fn workspace_mount(spec: &ContainerSpec) -> Mount {
    match &spec.mount {
        WorkspaceMount::Bind => {
            bind(spec.workspace.as_str(), layout::CONTAINER_WORKSPACE, ReadOnly::No)
        }
        WorkspaceMount::Volume { volume, .. } => {
            volume_mount(spec, Some(volume), layout::CONTAINER_WORKSPACE)
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum ReadOnly {
    Yes,
    No,
}

fn bind(source: &str, target: &str, read_only: ReadOnly) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.into()),
        target: Some(target.into()),
        read_only: (read_only == ReadOnly::Yes).then_some(true),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Returns the mount of a volume. Docker gives an unnamed volume a random name, and removes it with
/// its container.
fn volume_mount(spec: &ContainerSpec, volume: Option<&VolumeName>, target: &str) -> Mount {
    let mut labels = HashMap::from([
        (label::MANAGED.to_owned(), "true".to_owned()),
        (label::WORKSPACE.to_owned(), spec.workspace.to_string()),
    ]);
    if let WorkspaceMount::Volume { client, .. } = &spec.mount {
        labels.insert(label::CLIENT.to_owned(), client.to_string());
    }
    Mount {
        typ: Some(MountType::VOLUME),
        source: volume.map(ToString::to_string),
        target: Some(target.into()),
        volume_options: Some(MountVolumeOptions { labels: Some(labels), ..Default::default() }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{
        ContainerId, Lifetime, ObjectStore, Protection, ReplacedContainer, VolumeRecordUpdate,
    };
    use containai_core::naming::{ContainerName, HostPort, MountTarget, WorkspacePath};
    use containai_core::resources::{HostCapacity, Resources};

    use super::*;

    fn spec(workspace: &str, isolation: Isolation) -> ContainerSpec {
        let workspace = WorkspacePath::new(workspace).expect("a path");
        let name = ContainerName::parse("api-main").expect("a name");
        let port = HostPort::new(2300).expect("a port");
        let resources = Resources::half_of(HostCapacity { memory_bytes: 8 << 30, cpus: 4 });
        let (data, docker) = (VolumeName::data(&workspace), VolumeName::docker(&workspace));
        let image = "containai/base:abc".to_owned();
        let mut spec = ContainerSpec::new(name, image, workspace, port, isolation, resources);
        spec.data_volume = Some(data);
        spec.docker_volume = Some(docker);
        spec.host.time_zone = Some("Europe/Berlin".into());
        spec.host.git_name = Some("Ada".into());
        spec
    }

    #[test]
    fn body_has_the_documented_settings() {
        let mut body = body(&spec("/src/a b:c", Isolation::Userns)).expect("a body");
        let labels: std::collections::BTreeMap<_, _> =
            body.labels.take().unwrap_or_default().into_iter().collect();
        insta::assert_json_snapshot!(labels);
        for mount in body.host_config.iter_mut().flat_map(|host| host.mounts.iter_mut().flatten()) {
            if let Some(options) = &mut mount.volume_options {
                let labels = options.labels.take().unwrap_or_default();
                assert_eq!(labels.get(label::MANAGED).map(String::as_str), Some("true"));
            }
        }
        insta::assert_json_snapshot!(body);
    }

    #[test]
    fn repository_of_a_linked_worktree_is_read_only() {
        let path = |text: &str| WorkspacePath::new(text).expect("a path");
        let repository = |common: &str| {
            let source = path(&format!("{common}/objects"));
            let target = path("/mnt/host-repository/objects");
            let own = path("/home/me/.config/containai/worktrees/0123/repository");
            let stores = vec![ObjectStore { source, target }];
            Some(LinkedRepository { common_dir: path(common), own, object_stores: stores })
        };
        let spec = spec("/src/tree", Isolation::Userns);
        let mut spec = spec;
        spec.repository = repository("/src/api/.git");
        let host = body(&spec).expect("a body").host_config.expect("a host configuration");
        let mounts = host.mounts.unwrap_or_default();
        let shown: Vec<_> = mounts[3..]
            .iter()
            .map(|it| (it.source.as_deref(), it.target.as_deref(), it.read_only))
            .collect();
        let own = "/home/me/.config/containai/worktrees/0123/repository";
        let store = "/mnt/host-repository/objects";
        let expected = [
            (Some(own), Some("/src/api/.git"), None),
            (Some("/src/api/.git/objects"), Some(store), Some(true)),
            (Some("/src/tree"), Some("/src/tree"), None),
        ];
        assert_eq!(shown, expected);
        for common in ["/etc", "/run/api/.git", "/home", "/home/agent/workspace/.git", "/mnt"] {
            let mut spec = spec.clone();
            spec.repository = repository(common);
            assert!(matches!(body(&spec), Err(EngineError::ForbiddenMount { .. })), "{common}");
        }
    }

    #[test]
    fn extra_mounts_are_mounted_as_requested() {
        let path = |text: &str| MountSource::Host(WorkspacePath::new(text).expect("a path"));
        let mount = |source, access| ExtraMount {
            source,
            target: MountTarget::parse("/data").expect("a target"),
            access,
        };
        let volume = || MountSource::Volume(VolumeName::parse("cache").expect("a name"));
        let with = |mounts, isolation| {
            let mut spec = spec("/src", isolation);
            spec.mounts = mounts;
            spec
        };
        let mounts = vec![
            mount(path("/srv/data"), MountAccess::ReadOnly),
            mount(volume(), MountAccess::ReadWrite),
        ];
        let made = body(&with(mounts, Isolation::Userns)).expect("a body");
        let made = made.host_config.and_then(|host| host.mounts).unwrap_or_default();
        let shown: Vec<_> =
            made[3..].iter().map(|it| (it.typ, it.source.as_deref(), it.read_only)).collect();
        let expected = [
            (Some(MountType::BIND), Some("/srv/data"), Some(true)),
            (Some(MountType::VOLUME), Some("cache"), None),
        ];
        assert_eq!(shown, expected);
        let refused = |source: &str, isolation| {
            let spec = with(vec![mount(path(source), MountAccess::ReadOnly)], isolation);
            matches!(body(&spec), Err(EngineError::ForbiddenMount { .. }))
        };
        assert!(refused("/var/run/docker.sock", Isolation::Userns));
        assert!(refused("/", Isolation::Userns) && refused("/src/data", Isolation::Sysbox));
        assert!(!refused("/src/data", Isolation::Userns) && !refused("/srv", Isolation::Sysbox));
    }

    #[test]
    fn session_container_has_anonymous_volumes_and_replacement_labels() {
        let mut spec = spec("/src", Isolation::Userns);
        spec.data_volume = None;
        spec.docker_volume = None;
        spec.lifetime = Lifetime::Session;
        spec.protection = Protection::Protected;
        spec.replaces = Some(ReplacedContainer {
            id: ContainerId::new("0123"),
            last_start: "2026-01-01T00:00:00Z".into(),
            name: ContainerName::parse("api-main").expect("a name"),
            record: VolumeRecordUpdate::Keep,
        });
        let body = body(&spec).expect("a body");
        let labels: std::collections::BTreeMap<_, _> =
            body.labels.unwrap_or_default().into_iter().collect();
        insta::assert_json_snapshot!(labels);
        let mounts = body.host_config.and_then(|host| host.mounts).unwrap_or_default();
        assert!(mounts[1..].iter().all(|mount| mount.source.is_none()), "{mounts:?}");
    }

    #[test]
    fn workspace_of_another_client_is_a_volume() {
        let mut spec = spec("/etc", Isolation::Userns);
        let client = containai_core::naming::ClientId::from_random([7; 16]);
        let volume = VolumeName::parse("copy").expect("a name");
        spec.mount = WorkspaceMount::Volume { client: client.clone(), volume };
        let body = body(&spec).expect("a path of another machine is not checked");
        let labels = body.labels.unwrap_or_default();
        assert_eq!(labels.get(label::CLIENT), Some(&client.to_string()));
        let mounts = body.host_config.and_then(|host| host.mounts).unwrap_or_default();
        assert!(mounts.iter().all(|mount| mount.typ == Some(MountType::VOLUME)));
        let source = mounts.first().and_then(|mount| mount.source.as_deref());
        assert_eq!(source, Some("copy"));
    }

    #[test]
    fn sysbox_gets_no_cgroup_namespace_mode() {
        let host = body(&spec("/src", Isolation::Sysbox)).expect("a body").host_config;
        let host = host.expect("a host configuration");
        assert_eq!(host.runtime.as_deref(), Some("containai-sysbox-runc"));
        assert_eq!(host.cgroupns_mode, None);
    }

    #[test]
    fn restart_policy_is_set_on_request_only() {
        let policy = |restart| {
            let mut spec = spec("/src", Isolation::Userns);
            spec.restart = restart;
            let host = body(&spec).expect("a body").host_config.expect("a host configuration");
            host.restart_policy.and_then(|policy| policy.name).map(|name| name.to_string())
        };
        assert_eq!(policy(RestartPolicy::No), None);
        assert_eq!(policy(RestartPolicy::UnlessStopped).as_deref(), Some("unless-stopped"));
    }

    #[test]
    fn nothing_weakens_the_isolation() {
        for isolation in [Isolation::Userns, Isolation::Sysbox] {
            let host = body(&spec("/src", isolation)).expect("a body").host_config;
            let host = host.expect("a host configuration");
            assert_eq!(host.privileged, None);
            assert_eq!(host.cap_add, None);
            assert_eq!(host.security_opt, None);
            assert_eq!(host.userns_mode, None);
            assert_eq!((host.pid_mode, host.ipc_mode, host.network_mode), (None, None, None));
            assert_eq!(host.devices, None);
            assert_eq!(host.binds, None);
        }
    }

    #[test]
    fn host_and_sockets_are_never_mounted() {
        for workspace in [
            "/",
            "/etc",
            "/usr",
            "/var",
            "/var/lib",
            "/proc",
            "/proc/1",
            "/sys",
            "/dev",
            "/run",
            "/run/user/1000",
            "/var/run",
            "/var/run/docker.sock",
            "/home/me/docker.sock",
        ] {
            let refused = body(&spec(workspace, Isolation::Userns));
            assert!(matches!(refused, Err(EngineError::ForbiddenMount { .. })), "{workspace}");
        }
        for workspace in ["/home/me/src", "/srv/api", "/runner/work", "/var/www/site"] {
            assert!(body(&spec(workspace, Isolation::Userns)).is_ok(), "{workspace}");
        }
    }
}
