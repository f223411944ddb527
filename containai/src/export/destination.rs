//! The destination of an export.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_core::timestamp::Timestamp;
use containai_ssh::transfer::{Directory, TransferError};
use tempfile::{Builder, NamedTempFile};

use crate::archive_file::ArchiveCompression;
use crate::error::OperationError;

/// The file that an export creates, and its compression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArchiveDestination {
    /// The absolute path; no file exists there when it is chosen.
    pub file: PathBuf,
    pub(crate) compression: ArchiveCompression,
}

/// Whether an archive is encrypted, which its file name shows as `.age`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EncryptionUse {
    /// The archive is not encrypted.
    Plain,
    /// The archive is encrypted.
    Encrypted,
}

/// The facts that a destination is chosen by.
pub struct DestinationChooser<'a> {
    /// The directory that relative paths start from.
    pub directory: &'a Path,
    /// The directory of archives if no destination is given.
    pub default: PathBuf,
    /// The workspaces, in which no archive is written.
    pub workspaces: Vec<PathBuf>,
    /// Whether the archive is encrypted.
    pub encryption: EncryptionUse,
    /// The time that generated file names contain.
    pub now: Timestamp,
}

impl DestinationChooser<'_> {
    /// Chooses the file for `given`, a file or a directory; `None` is a file in the default
    /// directory, named after the workspace.
    ///
    /// # Errors
    ///
    /// A usage error if the name is not an archive's, the file exists, its directory does not, or
    /// the directory is in a workspace.
    pub fn choose(
        &self,
        given: Option<&Path>,
        workspace: &WorkspacePath,
    ) -> Result<ArchiveDestination, OperationError> {
        let extension = if self.encryption == EncryptionUse::Encrypted { "tgz.age" } else { "tgz" };
        let compression = ArchiveCompression::Gzip;
        let now = self.now.to_compact();
        let Some(given) = given else {
            let name = format!("containai-export-{}-{now}.{extension}", workspace.dir_name());
            return Ok(ArchiveDestination { file: self.default.join(name), compression });
        };
        let path = self.directory.join(given);
        if path.is_dir() {
            self.refuse_workspaces(&path)?;
            let file = path.join(format!("containai-export-{now}.{extension}"));
            return Ok(ArchiveDestination { file, compression });
        }
        self.choose_file(path)
    }

    fn choose_file(&self, path: PathBuf) -> Result<ArchiveDestination, OperationError> {
        let shown = path.display();
        let compression = ArchiveCompression::from_path(&path).ok_or_else(|| {
            OperationError::usage(format!("`{shown}` is neither a directory nor an archive name"))
                .hint(Hint::new("use a name that ends in `.tgz` or `.tar.zst`"))
        })?;
        let has_age_suffix = path.extension().is_some_and(|it| it == "age");
        if has_age_suffix && self.encryption == EncryptionUse::Plain {
            let message =
                format!("`{shown}` is the name of an encrypted archive, but no key was given");
            let hint = Hint::new("name the key with `--passphrase` or `--recipient`");
            return Err(OperationError::usage(message).hint(hint));
        }
        let Some(parent) = path.parent().filter(|it| it.is_dir()) else {
            let message = format!("the directory of `{shown}` does not exist");
            return Err(
                OperationError::usage(message).hint(Hint::new("create the directory first"))
            );
        };
        self.refuse_workspaces(parent)?;
        let file = match self.encryption == EncryptionUse::Encrypted && !has_age_suffix {
            true => {
                let mut name = path.into_os_string();
                name.push(".age");
                name.into()
            }
            false => path,
        };
        if file.symlink_metadata().is_ok() {
            let hint = Hint::new("choose another name, or a directory");
            let message = format!("`{}` already exists", file.display());
            return Err(OperationError::usage(message).hint(hint));
        }
        Ok(ArchiveDestination { file, compression })
    }

    /// Refuses directories in workspaces. An archive contains the credentials of agents: in a
    /// workspace its containers could read it and an agent could commit it, and a symbolic link
    /// there can point anywhere.
    fn refuse_workspaces(&self, directory: &Path) -> Result<(), OperationError> {
        let real = match Directory::open(directory, &self.workspaces) {
            Err(TransferError::UntrustedLink { .. }) => None,
            _ => fs::canonicalize(directory).ok(),
        };
        let is_inside = |real: &PathBuf| self.workspaces.iter().any(|it| real.starts_with(it));
        if real.as_ref().is_some_and(|real| !is_inside(real)) {
            return Ok(());
        }
        let message = format!(
            "`{}` is in a workspace, where agents can read and commit files",
            directory.display()
        );
        let hint = format!(
            "omit `--output` to write to `{}`, or name a directory outside workspaces",
            self.default.display()
        );
        Err(OperationError::usage(message).hint(Hint::new(hint)))
    }
}

/// Returns the workspaces of these containers, and `here` if it is given.
pub fn workspaces(containers: &[Container], here: Option<&WorkspacePath>) -> Vec<PathBuf> {
    let labels = containers.iter().filter_map(|it| it.labels.workspace()).map(PathBuf::from);
    labels.chain(here.map(|it| it.as_path().to_owned())).collect()
}

impl ArchiveDestination {
    /// Creates a temporary file in the same directory, mode 0600, which is removed unless it is
    /// persisted.
    pub(crate) fn create_temporary(&self) -> crate::Result<NamedTempFile> {
        let directory = self.file.parent().unwrap_or(Path::new("/"));
        // Only the default directory may be missing; it belongs to the user alone.
        let created = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        created.with_context(|| format!("cannot create `{}`", directory.display()))?;
        Builder::new()
            .prefix(".containai-export-")
            .suffix(".part")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(directory)
            .map_err(|error| {
                let message = format!("cannot write in `{}`: {error}", directory.display());
                let hint = Hint::new("name another directory with `--output`");
                OperationError::with_code(exit::FAILED, message).hint(hint).into()
            })
    }

    /// Renames the temporary file to the destination; never replaces an existing file.
    pub(crate) fn persist(&self, temporary: NamedTempFile) -> crate::Result<()> {
        let context = || format!("cannot create `{}`", self.file.display());
        temporary
            .persist_noclobber(&self.file)
            .map_err(|error| error.error)
            .with_context(context)?;
        let synced = |directory: &Path| -> io::Result<()> { File::open(directory)?.sync_all() };
        synced(self.file.parent().unwrap_or(Path::new("/"))).with_context(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dir: &Path, given: Option<&str>, encryption: EncryptionUse) -> String {
        let chooser = DestinationChooser {
            directory: dir,
            default: dir.join("exports"),
            workspaces: vec![dir.join("ws")],
            encryption,
            now: Timestamp::from_unix(1_709_209_815),
        };
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let shown = match chooser.choose(given.map(Path::new), &workspace) {
            Ok(ArchiveDestination { file, compression }) => {
                format!("{} {compression:?}", file.display())
            }
            Err(error) => error.to_string(),
        };
        shown.replace(&dir.display().to_string(), "DIR")
    }

    #[test]
    fn destination_names_are_derived_or_checked() -> anyhow::Result<()> {
        let dir = tempfile::TempDir::new()?;
        let dir = dir.path().canonicalize()?;
        fs::write(dir.join("old.tgz"), "")?;
        fs::create_dir(dir.join("sub.tgz"))?;
        let check = |given: Option<&str>, encryption, expected: &str| {
            assert_eq!(check(&dir, given, encryption), expected);
        };
        check(
            None,
            EncryptionUse::Plain,
            "DIR/exports/containai-export-api-20240229-123015.tgz Gzip",
        );
        check(
            None,
            EncryptionUse::Encrypted,
            "DIR/exports/containai-export-api-20240229-123015.tgz.age Gzip",
        );
        check(
            Some("sub.tgz"),
            EncryptionUse::Encrypted,
            "DIR/sub.tgz/containai-export-20240229-123015.tgz.age Gzip",
        );
        check(Some("sub.tgz/y.tar.zst"), EncryptionUse::Plain, "DIR/sub.tgz/y.tar.zst Zstd");
        check(
            Some("/none/y.tgz"),
            EncryptionUse::Plain,
            "the directory of `/none/y.tgz` does not exist",
        );
        check(Some("y.tgz.age"), EncryptionUse::Encrypted, "DIR/y.tgz.age Gzip");
        check(Some("y.tar.zst"), EncryptionUse::Encrypted, "DIR/y.tar.zst.age Zstd");
        check(
            Some("y.tgz.age"),
            EncryptionUse::Plain,
            "`DIR/y.tgz.age` is the name of an encrypted archive, but no key was given",
        );
        check(
            Some("y"),
            EncryptionUse::Plain,
            "`DIR/y` is neither a directory nor an archive name",
        );
        check(Some("old.tgz"), EncryptionUse::Plain, "`DIR/old.tgz` already exists");
        Ok(())
    }

    #[test]
    fn archives_in_workspaces_are_refused() -> anyhow::Result<()> {
        let dir = tempfile::TempDir::new()?;
        let dir = dir.path().canonicalize()?;
        fs::create_dir_all(dir.join("ws/sub"))?;
        fs::create_dir(dir.join("other"))?;
        std::os::unix::fs::symlink("ws/sub", dir.join("in"))?;
        std::os::unix::fs::symlink("../other", dir.join("ws/out"))?;
        for given in
            ["ws", "ws/sub/x.tgz", "in", "in/x.tgz", "ws/out", "ws/out/x.tgz", "other/../ws"]
        {
            let shown = check(&dir, Some(given), EncryptionUse::Plain);
            assert!(shown.contains("is in a workspace"), "{given}: {shown}");
        }
        assert_eq!(check(&dir, Some("other/x.tgz"), EncryptionUse::Plain), "DIR/other/x.tgz Gzip");
        Ok(())
    }
}
