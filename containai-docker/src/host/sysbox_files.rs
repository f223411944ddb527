//! Paths of Sysbox on the host, and the ids of its containers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::subordinate::{IdRange, sysbox_range};

/// The name of Sysbox's own OCI runtime.
pub(crate) const SYSBOX_RUNC: &str = "sysbox-runc";

/// The paths of Sysbox's files.
///
/// An engine with a root other than `/` may have its own Sysbox, which tests use as a stand-in;
/// paths that do not exist there are looked up on the host.
#[derive(Clone, Debug)]
pub(crate) struct SysboxFiles {
    root: PathBuf,
}

/// The user and group ids of the containers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SysboxIds {
    pub(crate) uids: IdRange,
    pub(crate) gids: IdRange,
}

impl SysboxFiles {
    /// Returns the paths for the engine whose layout has this root.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Returns the paths for the engine that has this program as its runtime.
    pub(crate) fn for_runtime(program: &Path) -> Self {
        let root = program
            .parent()
            .filter(|libexec| libexec.ends_with("usr/local/libexec/containai"))
            .and_then(|libexec| libexec.ancestors().nth(4));
        Self::at(root.unwrap_or(Path::new("/")))
    }

    /// Returns the path of Sysbox's own OCI runtime, from a fixed list and not `PATH`, as for runc.
    pub(crate) fn runtime(&self) -> Option<PathBuf> {
        ["usr/bin", "usr/local/bin", "usr/sbin", "usr/local/sbin"]
            .into_iter()
            .flat_map(|dir| [self.root.join(dir), Path::new("/").join(dir)])
            .map(|dir| dir.join(SYSBOX_RUNC))
            .find(|path| path.is_file())
    }

    /// Returns the directory of the services' sockets.
    pub(crate) fn socket_dir(&self) -> PathBuf {
        self.resolve("run/sysbox")
    }

    /// Returns the ids of the containers; `None` if `/etc/subuid` or `/etc/subgid` has no usable
    /// line.
    pub(crate) fn ids(&self) -> io::Result<Option<SysboxIds>> {
        let range = |path| fs::read_to_string(self.resolve(path)).map(|text| sysbox_range(&text));
        let (uids, gids) = (range("etc/subuid")?, range("etc/subgid")?);
        Ok(uids.zip(gids).map(|(uids, gids)| SysboxIds { uids, gids }))
    }

    fn resolve(&self, path: &str) -> PathBuf {
        let own = self.root.join(path);
        if own.exists() { own } else { Path::new("/").join(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_at_another_root_uses_its_own_files() {
        let check = |program: &str, root: &str| {
            assert_eq!(
                SysboxFiles::for_runtime(Path::new(program)).root,
                Path::new(root),
                "{program}"
            );
        };
        check("/usr/local/libexec/containai/containai-runc", "/");
        check("/srv/two/usr/local/libexec/containai/containai-runc", "/srv/two");
        check("/home/me/target/debug/cai", "/");

        let root = tempfile::tempdir().expect("a directory");
        let files = SysboxFiles::at(root.path());
        assert_eq!(files.socket_dir(), Path::new("/run/sysbox"));
        for dir in ["run/sysbox", "etc", "usr/bin"] {
            fs::create_dir_all(root.path().join(dir)).expect("a directory");
        }
        assert_eq!(files.socket_dir(), root.path().join("run/sysbox"));
        fs::write(root.path().join("usr/bin/sysbox-runc"), "").expect("a file");
        assert_eq!(files.runtime(), Some(root.path().join("usr/bin/sysbox-runc")));
        fs::write(root.path().join("etc/subuid"), "sysbox:200000:65536\n").expect("a file");
        fs::write(root.path().join("etc/subgid"), "me:1:1\n").expect("a file");
        assert_eq!(files.ids().expect("files"), None);
        fs::write(root.path().join("etc/subgid"), "sysbox:300000:131072\n").expect("a file");
        let ids = files.ids().expect("files").expect("ranges");
        assert_eq!((ids.uids.base, ids.gids.base, ids.gids.count), (200_000, 300_000, 65_536));
    }
}
