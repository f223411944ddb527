//! The user's configuration file, changed by one command at a time.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use containai_core::config::ConfigFile;
use containai_core::layout::Layout;
use tempfile::Builder;

use crate::lock;
use crate::ui::Ui;

/// Changes the file under its lock, so that two commands lose nothing of each
/// other. It appears whole or not at all, mode 0600; a symbolic link stays one.
/// A file that would not change is not written.
pub(crate) async fn edit<T>(
    layout: &Layout,
    ui: &Ui,
    change: impl FnOnce(&mut ConfigFile) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let _turn = lock::hold(&layout.config_lock(), "the configuration", ui).await?;
    let path = layout.config_file();
    let before = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    let mut file = ConfigFile::parse(&path, before.as_str())?;
    let outcome = change(&mut file)?;
    if file.text() != before {
        write(&path, file.text()).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(outcome)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        target => target?,
    };
    let directory = target.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let private = Permissions::from_mode(0o600);
    let mut file =
        Builder::new().prefix(".containai-").permissions(private).tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_link_stays_and_the_mode_is_private() -> anyhow::Result<()> {
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
