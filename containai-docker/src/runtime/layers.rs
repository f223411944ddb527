//! The container's file system, mounted a second time from the engine's layers (overlay2).

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};

/// Beside the engine's own `work`: a second mount of a work directory empties it under the first.
const WORK: &str = "containai-work";

/// The layers of one container, as the engine's store `overlay2` has them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layers {
    /// Where the engine has mounted them, for itself.
    pub(super) merged: PathBuf,
    /// `<store>/<id>`, in which the upper layer is `diff`.
    pub(super) folder: PathBuf,
    /// The lower ones, topmost first.
    pub(super) lower: Vec<PathBuf>,
}

impl Layers {
    /// Finds them by the root that the engine asks for, `<store>/overlay2/<id>/merged`.
    ///
    /// Not by the mount that is there: after a restart of the container it may be one of ours.
    ///
    /// # Errors
    ///
    /// `Unsupported` when the store is another one.
    pub(super) fn of(root: &Path) -> io::Result<Self> {
        let parts = || {
            (root.file_name()? == "merged").then_some(())?;
            let folder = root.parent()?;
            let store = folder.parent()?;
            (store.file_name()? == "overlay2").then_some((folder, store))
        };
        let (folder, store) = parts().ok_or(io::ErrorKind::Unsupported)?;
        let lower = fs::read_to_string(folder.join("lower"))?;
        let lower =
            lower.trim().split(':').map(|name| layer(store, name)).collect::<Result<_, _>>()?;
        Ok(Self { merged: root.to_owned(), folder: folder.to_owned(), lower })
    }

    /// Makes the directory that the overlay needs beside its upper layer, for this owner on disk.
    pub(super) fn make_work(&self, (uid, gid): (u32, u32)) -> io::Result<()> {
        let path = self.folder.join(WORK);
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        chown(&path, Some(uid), Some(gid))
    }
}

/// A lower layer: a link of the store, such as `l/ABC`, to the `diff` of a layer in the same store.
fn layer(store: &Path, name: &str) -> io::Result<PathBuf> {
    let path = store.join(name).canonicalize()?;
    let inside = path.starts_with(store.canonicalize()?);
    if inside { Ok(path) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// The options of the overlay (overlayfs(5)), relative to a folder in which `lower` are the lower
/// layers and `upper` is the folder of the upper one.
pub(super) fn options(lower: &[String], upper: &str) -> String {
    // `index=on` refuses an upper layer that the engine's own mount still holds.
    format!("lowerdir={},upperdir={upper}/diff,workdir={upper}/{WORK},index=off", lower.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn layers_of_a_store() {
        let folder = tempfile::tempdir().expect("a directory");
        let store = folder.path().canonicalize().expect("a path").join("overlay2");
        for name in ["c/merged", "c/diff", "a/diff", "b/diff", "l"] {
            fs::create_dir_all(store.join(name)).expect("made");
        }
        for name in ["A", "B"] {
            let target = format!("../{}/diff", name.to_lowercase());
            symlink(target, store.join("l").join(name)).expect("linked");
        }
        fs::write(store.join("c/lower"), "l/B:l/A").expect("written");
        let layers = Layers::of(&store.join("c/merged")).expect("layers");
        assert_eq!(layers.lower, [store.join("b/diff"), store.join("a/diff")]);
        assert_eq!(layers.folder, store.join("c"));

        symlink("/etc", store.join("l/C")).expect("linked");
        fs::write(store.join("c/lower"), "l/C").expect("written");
        assert!(Layers::of(&store.join("c/merged")).is_err(), "it leads out of the store");
    }

    #[test]
    fn other_stores_are_not_understood() {
        for root in ["/s/btrfs/subvolumes/c", "/s/fuse-overlayfs/c/merged", "/merged", "/"] {
            let error = Layers::of(Path::new(root)).expect_err("no overlay2");
            assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{root}");
        }
    }

    #[test]
    fn options_of_many_layers_fit_on_a_page() {
        assert_eq!(
            options(&["0".into(), "1".into()], "2"),
            "lowerdir=0:1,upperdir=2/diff,workdir=2/containai-work,index=off"
        );
        let many: Vec<_> = (0..500).map(|number: u32| number.to_string()).collect();
        assert!(options(&many, "500").len() < 4096);
    }
}
