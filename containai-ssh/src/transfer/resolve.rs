//! Safe resolution of symbolic links.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use super::error::TransferError;

/// The maximum number of links in a path, as in path_resolution(7).
const MAX_LINKS: usize = 40;

/// Resolves symbolic links, `.` and `..` in a path. A link inside of one of
/// `boundaries` is an error, because the container could redirect the copy with
/// it.
pub(super) fn resolve(path: &Path, boundaries: &[PathBuf]) -> Result<PathBuf, TransferError> {
    let failed = |source| TransferError::Read { path: path.display().to_string(), source };
    let absolute = std::path::absolute(path).map_err(failed)?;
    let mut left = components(&absolute);
    let mut real = PathBuf::from("/");
    let mut links = 0;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&name);
        if !fs::symlink_metadata(&next).map_err(failed)?.is_symlink() {
            real = next;
            continue;
        }
        if boundaries.iter().any(|boundary| real.starts_with(boundary)) {
            return Err(TransferError::UntrustedLink { path: next });
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(failed(io::Error::from(rustix::io::Errno::LOOP)));
        }
        let to = fs::read_link(&next).map_err(failed)?;
        if to.is_absolute() {
            real = PathBuf::from("/");
        }
        for name in components(&to).into_iter().rev() {
            left.push_front(name);
        }
    }
    Ok(real)
}

fn components(path: &Path) -> VecDeque<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn untrusted_links_are_not_followed() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let place = fs::canonicalize(place.path())?;
        let workspace = place.join("ws");
        fs::create_dir_all(workspace.join("real"))?;
        fs::create_dir_all(place.join("secret"))?;
        symlink("../secret", workspace.join("planted"))?;
        symlink("ws/planted", place.join("mine"))?;
        symlink("ws/real", place.join("shortcut"))?;
        let guarded = [workspace.clone()];
        let resolved = |path: &str, boundaries: &[PathBuf]| {
            let real = resolve(&place.join(path), boundaries);
            real.map_err(|error| error.to_string().replace(&place.display().to_string(), ""))
        };
        assert_eq!(resolved("ws/planted", &[]), Ok(place.join("secret")));
        let refused =
            Err("`/ws/planted` is a symbolic link that the container may have created".to_owned());
        assert_eq!(resolved("ws/planted", &guarded), refused);
        assert_eq!(resolved("ws/planted/x", &guarded), refused);
        assert_eq!(resolved("mine", &guarded), refused);
        assert_eq!(resolved("shortcut/../planted", &guarded), refused);
        assert_eq!(resolved("shortcut", &guarded), Ok(workspace.join("real")));
        assert_eq!(resolved("ws/../secret", &guarded), Ok(place.join("secret")));
        symlink("loop", place.join("loop"))?;
        assert_eq!(resolved("loop", &[]), Err("cannot read `/loop`".to_owned()));
        Ok(())
    }
}
