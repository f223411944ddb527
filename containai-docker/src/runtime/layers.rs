//! The container's file system, mounted a second time from the engine's layers (overlay2).

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};

/// Next to the engine's own `work`: mounting a work directory a second time empties it for the
/// first mount.
const WORK_DIR: &str = "containai-work";

/// The layers of one container in the engine's `overlay2` store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OverlayLayers {
    /// The engine's own mount point of the layers.
    pub(super) merged: PathBuf,
    /// `<store>/<id>`, with the upper layer in `diff`.
    pub(super) dir: PathBuf,
    /// The lower layers, topmost first.
    pub(super) lower: Vec<PathBuf>,
}

impl OverlayLayers {
    /// Finds the layers of the root in the spec, `<store>/overlay2/<id>/merged`.
    ///
    /// The existing mount is not used, because after a restart of the container it may be one of
    /// this runtime.
    ///
    /// # Errors
    ///
    /// `Unsupported` for another storage driver.
    pub(super) fn of(root: &Path) -> io::Result<Self> {
        let parts = || {
            (root.file_name()? == "merged").then_some(())?;
            let dir = root.parent()?;
            let store = dir.parent()?;
            (store.file_name()? == "overlay2").then_some((dir, store))
        };
        let (dir, store) = parts().ok_or(io::ErrorKind::Unsupported)?;
        let lower = fs::read_to_string(dir.join("lower"))?;
        let lower = lower
            .trim()
            .split(':')
            .map(|name| resolve_layer(store, name))
            .collect::<Result<_, _>>()?;
        Ok(Self { merged: root.to_owned(), dir: dir.to_owned(), lower })
    }

    /// Creates the work directory that the overlay needs next to its upper layer, with this owner
    /// on disk.
    pub(super) fn create_work_dir(&self, (uid, gid): (u32, u32)) -> io::Result<()> {
        let path = self.dir.join(WORK_DIR);
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        chown(&path, Some(uid), Some(gid))
    }
}

/// Returns a lower layer from its link, such as `l/ABC`, to the `diff` of a layer in the same
/// store.
fn resolve_layer(store: &Path, name: &str) -> io::Result<PathBuf> {
    let path = store.join(name).canonicalize()?;
    let inside = path.starts_with(store.canonicalize()?);
    if inside { Ok(path) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Returns the options of the overlay (overlayfs(5)), relative to a directory that contains the
/// `lower` layers and `upper`, the directory of the upper layer.
pub(super) fn mount_options(lower: &[String], upper: &str) -> String {
    // `index=on` rejects an upper layer that the engine's own mount still uses.
    format!(
        "lowerdir={},upperdir={upper}/diff,workdir={upper}/{WORK_DIR},index=off",
        lower.join(":")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn resolves_lower_layers() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = dir.path().canonicalize().expect("a path").join("overlay2");
        for name in ["c/merged", "c/diff", "a/diff", "b/diff", "l"] {
            fs::create_dir_all(store.join(name)).expect("made");
        }
        for name in ["A", "B"] {
            let target = format!("../{}/diff", name.to_lowercase());
            symlink(target, store.join("l").join(name)).expect("linked");
        }
        fs::write(store.join("c/lower"), "l/B:l/A").expect("written");
        let layers = OverlayLayers::of(&store.join("c/merged")).expect("layers");
        assert_eq!(layers.lower, [store.join("b/diff"), store.join("a/diff")]);
        assert_eq!(layers.dir, store.join("c"));

        symlink("/etc", store.join("l/C")).expect("linked");
        fs::write(store.join("c/lower"), "l/C").expect("written");
        assert!(
            OverlayLayers::of(&store.join("c/merged")).is_err(),
            "the link points outside of the store"
        );
    }

    #[test]
    fn rejects_other_storage_drivers() {
        for root in ["/s/btrfs/subvolumes/c", "/s/fuse-overlayfs/c/merged", "/merged", "/"] {
            let error = OverlayLayers::of(Path::new(root)).expect_err("no overlay2");
            assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{root}");
        }
    }

    #[test]
    fn mount_options_of_many_layers_fit_in_a_page() {
        assert_eq!(
            mount_options(&["0".into(), "1".into()], "2"),
            "lowerdir=0:1,upperdir=2/diff,workdir=2/containai-work,index=off"
        );
        let many: Vec<_> = (0..500).map(|number: u32| number.to_string()).collect();
        assert!(mount_options(&many, "500").len() < 4096);
    }
}
