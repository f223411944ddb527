//! Where Sysbox is on the host, and which ids its containers have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::host::{IdRange, range_of_sysbox};

/// The name of Sysbox's own OCI runtime.
pub(crate) const BARE_RUNTIME: &str = "sysbox-runc";

/// The files of Sysbox.
///
/// An engine below another root than `/` may bring a Sysbox of its own, which is how tests stand in
/// for one; everything that is not there is looked up on the host.
#[derive(Clone, Debug)]
pub(crate) struct SysboxFiles {
    root: PathBuf,
}

/// The user and the group ids of the containers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SysboxIds {
    pub(crate) uids: IdRange,
    pub(crate) gids: IdRange,
}

impl SysboxFiles {
    /// Those of the engine whose layout has this root.
    pub(crate) fn of(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Those of the engine that has this program as its runtime.
    pub(crate) fn beside(program: &Path) -> Self {
        let root = program
            .parent()
            .filter(|libexec| libexec.ends_with("usr/local/libexec/containai"))
            .and_then(|libexec| libexec.ancestors().nth(4));
        Self::of(root.unwrap_or(Path::new("/")))
    }

    /// Sysbox's own OCI runtime; a fixed list and not `PATH`, as for runc.
    pub(crate) fn runtime(&self) -> Option<PathBuf> {
        ["usr/bin", "usr/local/bin", "usr/sbin", "usr/local/sbin"]
            .into_iter()
            .flat_map(|folder| [self.root.join(folder), Path::new("/").join(folder)])
            .map(|folder| folder.join(BARE_RUNTIME))
            .find(|path| path.is_file())
    }

    /// The folder of the sockets of its services.
    pub(crate) fn sockets(&self) -> PathBuf {
        self.place("run/sysbox")
    }

    /// The ids of its containers; `None` when `/etc/subuid` or `/etc/subgid` has no usable line.
    pub(crate) fn ids(&self) -> io::Result<Option<SysboxIds>> {
        let range = |path| fs::read_to_string(self.place(path)).map(|text| range_of_sysbox(&text));
        let (uids, gids) = (range("etc/subuid")?, range("etc/subgid")?);
        Ok(uids.zip(gids).map(|(uids, gids)| SysboxIds { uids, gids }))
    }

    fn place(&self, path: &str) -> PathBuf {
        let own = self.root.join(path);
        if own.exists() { own } else { Path::new("/").join(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_below_another_root_brings_its_own() {
        let check = |program: &str, root: &str| {
            assert_eq!(SysboxFiles::beside(Path::new(program)).root, Path::new(root), "{program}");
        };
        check("/usr/local/libexec/containai/containai-runc", "/");
        check("/srv/two/usr/local/libexec/containai/containai-runc", "/srv/two");
        check("/home/me/target/debug/cai", "/");

        let root = tempfile::tempdir().expect("a folder");
        let files = SysboxFiles::of(root.path());
        assert_eq!(files.sockets(), Path::new("/run/sysbox"));
        for folder in ["run/sysbox", "etc", "usr/bin"] {
            fs::create_dir_all(root.path().join(folder)).expect("a folder");
        }
        assert_eq!(files.sockets(), root.path().join("run/sysbox"));
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
