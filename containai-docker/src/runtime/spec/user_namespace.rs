use std::path::Path;

use serde_json::{Value, json};

use super::Spec;
use crate::runtime::idmap::{IdMapping, IdMappings};

/// The uid and gid map of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct UserNamespace {
    pub(in crate::runtime) uids: IdMappings,
    pub(in crate::runtime) gids: IdMappings,
}

/// A spec that must not run: the edits of this runtime are safe only in a user namespace.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub(in crate::runtime) enum SpecError {
    /// The engine runs without `userns-remap`, or the container was created with `--userns host` or
    /// `--privileged`.
    #[error(
        "refusing to run without a user namespace for the container: the engine needs `userns-remap`"
    )]
    NoUserNamespace,
    /// The namespace exists, but the map for these ids is missing or does not include id 0.
    #[error("refusing to run: `linux.{field}` does not map container id 0")]
    RootNotMapped { field: &'static str },
    /// `userns-remap` names a range that includes host id 0.
    #[error("refusing to run: `linux.{field}` maps container id {container} to host id 0")]
    HostRoot { field: &'static str, container: u32 },
    /// The map is malformed.
    #[error("invalid `linux.{field}`")]
    InvalidMap { field: &'static str },
}

impl UserNamespace {
    /// Reads the maps of the container's user namespace.
    ///
    /// # Errors
    ///
    /// If the container has no user namespace of its own, or one of its ids maps to host root.
    pub(in crate::runtime) fn of(spec: &Spec) -> Result<Self, SpecError> {
        let own = |namespace: &Value| {
            namespace["type"] == "user" && namespace["path"].as_str().is_none_or(str::is_empty)
        };
        if !spec.list("/linux/namespaces").iter().any(own) {
            return Err(SpecError::NoUserNamespace);
        }
        Ok(Self { uids: ranges(spec, "uidMappings")?, gids: ranges(spec, "gidMappings")? })
    }
}

/// Has the container join the user namespace at `path`, which has these maps.
///
/// The maps stay in the spec, because runc derives the owners of the files it creates from them.
pub(in crate::runtime) fn join_namespace(spec: &mut Spec, path: &Path, ids: &UserNamespace) {
    let map = |ranges: &IdMappings| -> Value {
        let entry = |range: &IdMapping| json!({ "containerID": range.container, "hostID": range.host, "size": range.count });
        ranges.0.iter().map(entry).collect()
    };
    let linux = spec.object(&["linux"]);
    linux.insert("uidMappings".to_owned(), map(&ids.uids));
    linux.insert("gidMappings".to_owned(), map(&ids.gids));
    for namespace in spec.list_mut(&["linux"], "namespaces") {
        if namespace["type"] == "user" {
            *namespace = json!({ "type": "user", "path": path });
        }
    }
}

fn ranges(spec: &Spec, field: &'static str) -> Result<IdMappings, SpecError> {
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let range = |entry: &Value| {
        Some(IdMapping {
            container: number(&entry["containerID"])?,
            host: number(&entry["hostID"])?,
            count: number(&entry["size"])?,
        })
    };
    let entries = spec.list(&format!("/linux/{field}"));
    let ranges: Option<Vec<_>> = entries.iter().map(range).collect();
    let ranges = IdMappings(ranges.ok_or(SpecError::InvalidMap { field })?);
    if let Some(root) = ranges.0.iter().find(|range| range.host == 0 && range.count > 0) {
        return Err(SpecError::HostRoot { field, container: root.container });
    }
    match ranges.host_id(0) {
        Some(_) => Ok(ranges),
        None => Err(SpecError::RootNotMapped { field }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(namespaces: &Value, uids: &Value, expected: &Result<u32, SpecError>) {
        let gids = json!([{ "containerID": 0, "hostID": 7, "size": 9 }]);
        let linux = json!({ "namespaces": namespaces, "uidMappings": uids, "gidMappings": gids });
        let found = UserNamespace::of(&Spec::new(json!({ "linux": linux })));
        let root = found.map(|namespace| namespace.uids.host_id(0).unwrap_or(0));
        assert_eq!(&root, expected, "of {namespaces} and {uids}");
    }

    fn map(container: u32, host: u32, size: u32) -> Value {
        json!({ "containerID": container, "hostID": host, "size": size })
    }

    #[test]
    fn requires_own_user_namespace() {
        let good = json!([map(0, 100_000, 65_536)]);
        check(&json!([{ "type": "pid" }, { "type": "user" }]), &good, &Ok(100_000));
        let refused = Err(SpecError::NoUserNamespace);
        check(&json!([{ "type": "pid" }]), &good, &refused);
        check(&Value::Null, &good, &refused);
        check(&json!([{ "type": "user", "path": "/proc/1/ns/user" }]), &good, &refused);
    }

    #[test]
    fn join_writes_path_and_maps() {
        let linux = json!({
            "namespaces": [{ "type": "pid" }, { "type": "user" }],
            "uidMappings": [map(0, 7, 9)], "gidMappings": [map(0, 7, 9)],
        });
        let mut spec = Spec::new(json!({ "linux": linux }));
        let ranges = |host| IdMappings(vec![IdMapping { container: 0, host, count: 9 }]);
        let ids = UserNamespace { uids: ranges(100), gids: ranges(200) };
        join_namespace(&mut spec, Path::new("/stage/0"), &ids);
        insta::assert_snapshot!(
            String::from_utf8_lossy(&spec.to_bytes()),
            @r#"{"linux":{"gidMappings":[{"containerID":0,"hostID":200,"size":9}],"namespaces":[{"type":"pid"},{"path":"/stage/0","type":"user"}],"uidMappings":[{"containerID":0,"hostID":100,"size":9}]}}"#
        );
    }

    #[test]
    fn rejects_maps_to_host_root() {
        let user = json!([{ "type": "user" }]);
        let field = "uidMappings";
        let unmapped = Err(SpecError::RootNotMapped { field });
        check(&user, &Value::Null, &unmapped);
        check(&user, &json!([map(1, 100_000, 1)]), &unmapped);
        check(&user, &json!([map(0, 0, 1)]), &Err(SpecError::HostRoot { field, container: 0 }));
        let second = json!([map(0, 100_000, 5), map(5, 0, 1)]);
        check(&user, &second, &Err(SpecError::HostRoot { field, container: 5 }));
        let wild = json!([{ "containerID": 0, "hostID": -1, "size": 1 }]);
        check(&user, &wild, &Err(SpecError::InvalidMap { field }));
    }
}
