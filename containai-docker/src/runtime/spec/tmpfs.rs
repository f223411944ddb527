use std::path::Path;

use serde_json::{Value, json};

use super::{Spec, mount};

/// Directories whose tmpfs root in the container may remount, for example with another size.
const REMOUNTABLE: [&str; 3] = [SHARED_MEMORY, "/run", "/run/lock"];
const SHARED_MEMORY: &str = "/dev/shm";

/// A tmpfs that is mounted in advance and bind-mounted by runc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct TmpfsMount {
    index: usize,
    /// The options with values, tmpfs(5), separated by commas.
    pub(in crate::runtime) options: String,
}

/// Gives POSIX shared memory half of the container's memory, as the kernel does with the memory of
/// a machine. Docker's default is 64 MiB; a size that is larger than half is kept. Executable
/// mappings are allowed, as on a machine.
pub(in crate::runtime) fn size_shared_memory(spec: &mut Spec) {
    let limit = spec.get("/linux/resources/memory/limit").and_then(Value::as_u64);
    let half = limit.filter(|limit| *limit > 0).map(|limit| limit / 2);
    let mounts = spec.list_mut(&[], "mounts");
    let shm = |mount: &&mut Value| {
        mount["type"] == "tmpfs" && mount::destination_of(mount) == Path::new(SHARED_MEMORY)
    };
    let Some(mount) = mounts.iter_mut().find(shm) else { return };
    let mut options = texts(mount);
    let requested = options.iter().find_map(|option| parse_size(option.strip_prefix("size=")?));
    options.retain(|option| !option.starts_with("size=") && option != "noexec");
    options.push(match (half, requested) {
        // The kernel's own default.
        (None, _) => "size=50%".to_owned(),
        (Some(half), requested) => format!("size={}", requested.unwrap_or(0).max(half)),
    });
    mount["options"] = options.into();
}

/// Returns the tmpfs mounts that root in the container may remount.
pub(in crate::runtime) fn remountable_tmpfs(spec: &Spec) -> Vec<TmpfsMount> {
    let mounts = spec.list("/mounts").iter().enumerate();
    let of_system = mounts.filter(|(_, mount)| {
        let destination = mount::destination_of(mount);
        mount["type"] == "tmpfs" && REMOUNTABLE.iter().any(|path| destination == Path::new(path))
    });
    let options = |mount: &Value| {
        let source = format!("source={}", mount["source"].as_str().unwrap_or("tmpfs"));
        let values = texts(mount).into_iter().filter(|option| option.contains('='));
        std::iter::once(source).chain(values).collect::<Vec<_>>().join(",")
    };
    of_system.map(|(index, mount)| TmpfsMount { index, options: options(mount) }).collect()
}

/// Has runc bind-mount `source`, the mounted tmpfs.
pub(in crate::runtime) fn set_tmpfs_source(spec: &mut Spec, tmpfs: &TmpfsMount, source: &Path) {
    let Some(mount) = spec.list_mut(&[], "mounts").get_mut(tmpfs.index) else { return };
    let flags = texts(mount).into_iter().filter(|option| !option.contains('='));
    let options: Vec<_> = std::iter::once("bind".to_owned()).chain(flags).collect();
    let destination = mount["destination"].clone();
    *mount =
        json!({ "destination": destination, "type": "bind", "source": source, "options": options });
}

fn texts(mount: &Value) -> Vec<String> {
    let options = mount["options"].as_array().into_iter().flatten();
    options.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Parses a size in bytes, or with the suffix `k`, `m` or `g`; `None` for a percentage.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec_with(limit: &Value, options: &Value) -> Spec {
        let shm = json!({ "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": options });
        let resources = json!({ "resources": { "memory": { "limit": limit } } });
        Spec::new(json!({ "mounts": [{ "destination": "/proc" }, shm], "linux": resources }))
    }

    #[test]
    fn shared_memory_is_half_of_the_limit() {
        let check = |limit: Value, size: &str, expected: &str| {
            let mut spec = spec_with(&limit, &json!(["nosuid", "noexec", "mode=1777", size]));
            size_shared_memory(&mut spec);
            let options = texts(&spec.list("/mounts")[1]).join(",");
            assert_eq!(options, format!("nosuid,mode=1777,size={expected}"), "{size}");
        };
        check(json!(4_u64 << 30), "size=67108864", "2147483648");
        check(json!(4_u64 << 30), "size=65536k", "2147483648");
        check(json!(4_u64 << 30), "size=3g", "3221225472");
        check(json!(4_u64 << 30), "size=99999999999999g", "2147483648");
        check(json!(-1), "size=67108864", "50%");
        check(Value::Null, "size=67108864", "50%");
    }

    #[test]
    fn other_shared_memory_is_kept() {
        let bind = json!({ "destination": "/dev/shm", "type": "bind", "source": "/x", "options": ["rbind"] });
        let mut spec = Spec::new(json!({ "mounts": [bind] }));
        size_shared_memory(&mut spec);
        assert_eq!(spec.list("/mounts"), [bind]);
        assert_eq!(remountable_tmpfs(&spec), []);
    }

    #[test]
    fn tmpfs_becomes_a_bind_mount_with_its_flags() {
        let mut spec =
            spec_with(&Value::Null, &json!(["nosuid", "nodev", "mode=1777", "size=64m"]));
        let found = remountable_tmpfs(&spec);
        assert_eq!(
            found,
            [TmpfsMount { index: 1, options: "source=shm,mode=1777,size=64m".to_owned() }]
        );
        set_tmpfs_source(&mut spec, &found[0], Path::new("/stage/4"));
        let expected = json!({ "destination": "/dev/shm", "type": "bind", "source": "/stage/4", "options": ["bind", "nosuid", "nodev"] });
        assert_eq!(spec.list("/mounts")[1], expected);
        assert_eq!(remountable_tmpfs(&spec), []);
    }
}
