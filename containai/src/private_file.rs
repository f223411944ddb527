//! Files that only the user can read, written atomically.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// Replaces the content of a file atomically, mode 0600, and creates missing directories with mode
/// 0700. A symbolic link is kept, and its target is replaced.
///
/// # Errors
///
/// The file cannot be resolved, written or renamed.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        target => target?,
    };
    create_beside(&target, "", text)?.persist(&target)?;
    Ok(())
}

/// Creates a temporary file with this text in the directory of `path`, mode 0600. Its name ends
/// in `suffix`. Dropping the file removes it.
///
/// # Errors
///
/// The directory cannot be created, or the file cannot be written.
pub fn create_beside(path: &Path, suffix: &str, text: &str) -> io::Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mut file = Builder::new()
        .prefix(".containai-")
        .suffix(suffix)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn links_are_kept_and_the_mode_is_0600() -> anyhow::Result<()> {
        let dir = TempDir::new()?;
        let (real, link) = (dir.path().join("real.toml"), dir.path().join("config.toml"));
        fs::write(&real, "a = 1\n")?;
        symlink(&real, &link)?;
        write(&link, "a = 2\n")?;
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(fs::read_to_string(&real)?, "a = 2\n");
        assert_eq!(fs::metadata(&real)?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }
}
