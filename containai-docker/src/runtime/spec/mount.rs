use std::path::Path;

use serde_json::{Value, json};

use super::Spec;

/// Directories that systemd expects to be empty at boot.
const SYSTEM_TMPFS: [(&str, &[&str]); 2] = [
    ("/run", &["nosuid", "nodev", "mode=755", "size=20%"]),
    ("/run/lock", &["nosuid", "nodev", "noexec", "mode=1777", "size=5120k"]),
];

/// Mounts a tmpfs on `/run` and `/run/lock`, unless the container has its own mounts there.
pub(super) fn add_system_tmpfs(spec: &mut Spec) {
    for (destination, options) in SYSTEM_TMPFS {
        add(spec, destination, "tmpfs", Path::new("tmpfs"), options);
    }
}

/// Adds a mount, unless there is already one at that destination.
///
/// runc mounts in the order of the list, so the new mount goes before the mounts below it, or to
/// the end.
pub(super) fn add(spec: &mut Spec, destination: &str, kind: &str, source: &Path, options: &[&str]) {
    let mounts = spec.list_mut(&[], "mounts");
    if mounts.iter().any(|mount| destination_of(mount) == Path::new(destination)) {
        return;
    }
    let below = mounts.iter().position(|mount| destination_of(mount).starts_with(destination));
    let mount =
        json!({ "destination": destination, "type": kind, "source": source, "options": options });
    mounts.insert(below.unwrap_or(mounts.len()), mount);
}

/// Returns the destination of a mount.
pub(super) fn destination_of(mount: &Value) -> &Path {
    Path::new(mount["destination"].as_str().unwrap_or_default())
}

/// Replaces the option `ro` with `rw`.
pub(super) fn make_writable(mount: &mut Value) {
    if let Some(options) = mount.get_mut("options").and_then(Value::as_array_mut) {
        options.retain(|option| option != "ro" && option != "rw");
        options.push("rw".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &[&str], destination: &str, after: &[&str]) {
        let mounts: Vec<_> = before.iter().map(|place| json!({ "destination": place })).collect();
        let mut spec = Spec::new(json!({ "mounts": mounts }));
        add(&mut spec, destination, "tmpfs", Path::new("tmpfs"), &[]);
        let places: Vec<_> =
            spec.list("/mounts").iter().map(|mount| mount["destination"].as_str()).collect();
        assert_eq!(places, after.iter().copied().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn inserts_parents_before_children() {
        check(
            &["/proc", "/run/secrets", "/etc/hosts"],
            "/run",
            &["/proc", "/run", "/run/secrets", "/etc/hosts"],
        );
        check(&["/proc", "/runner"], "/run", &["/proc", "/runner", "/run"]);
        check(&["/proc", "/run/"], "/run", &["/proc", "/run/"]);
        check(&[], "/run/lock", &["/run/lock"]);
    }
}
