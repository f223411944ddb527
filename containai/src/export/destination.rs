//! Which file an archive goes to.

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

/// A file that is not there yet, and how it is packed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArchiveDestination {
    pub file: PathBuf,
    pub(crate) compression: ArchiveCompression,
}

/// Whether what is written is sealed, which its name tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EncryptionUse {
    Plain,
    Encrypted,
}

/// What a destination is chosen by.
pub struct DestinationChooser<'a> {
    /// Where the command was given.
    pub directory: &'a Path,
    /// Where archives are that were given no place.
    pub default: PathBuf,
    /// What containers write, and agents commit.
    pub workspaces: Vec<PathBuf>,
    pub encryption: EncryptionUse,
    pub now: Timestamp,
}

impl DestinationChooser<'_> {
    /// What was asked for: a file, a directory, or nothing, which is a file in
    /// the default directory, named after the workspace.
    pub fn choose(
        &self,
        given: Option<&Path>,
        workspace: &WorkspacePath,
    ) -> Result<ArchiveDestination, OperationError> {
        let ending = if self.encryption == EncryptionUse::Encrypted { "tgz.age" } else { "tgz" };
        let packing = ArchiveCompression::Gzip;
        let now = self.now.to_compact();
        let Some(given) = given else {
            let name = format!("containai-export-{}-{now}.{ending}", workspace.dir_name());
            return Ok(ArchiveDestination { file: self.default.join(name), compression: packing });
        };
        let place = self.directory.join(given);
        if place.is_dir() {
            self.refuse_workspaces(&place)?;
            let file = place.join(format!("containai-export-{now}.{ending}"));
            return Ok(ArchiveDestination { file, compression: packing });
        }
        self.choose_file(place)
    }

    fn choose_file(&self, place: PathBuf) -> Result<ArchiveDestination, OperationError> {
        let shown = place.display();
        let packing = ArchiveCompression::from_path(&place).ok_or_else(|| {
            OperationError::usage(format!(
                "`{shown}` is neither a directory nor a name for an archive"
            ))
            .hint(Hint::new("let it end in `.tgz` or `.tar.zst`"))
        })?;
        let is_named_sealed = place.extension().is_some_and(|it| it == "age");
        if is_named_sealed && self.encryption == EncryptionUse::Plain {
            let message = format!("`{shown}` is a name for an encrypted archive");
            let hint = Hint::new("say for whom with `--passphrase` or `--recipient`");
            return Err(OperationError::usage(message).hint(hint));
        }
        let Some(parent) = place.parent().filter(|it| it.is_dir()) else {
            let hint = Hint::new("make the directory first");
            return Err(OperationError::usage(format!("`{shown}` is in no directory")).hint(hint));
        };
        self.refuse_workspaces(parent)?;
        let file = match self.encryption == EncryptionUse::Encrypted && !is_named_sealed {
            true => {
                let mut name = place.into_os_string();
                name.push(".age");
                name.into()
            }
            false => place,
        };
        if file.symlink_metadata().is_ok() {
            let hint = Hint::new("choose another name, or a directory");
            let message = format!("`{}` is there already", file.display());
            return Err(OperationError::usage(message).hint(hint));
        }
        Ok(ArchiveDestination { file, compression: packing })
    }

    /// An archive holds what agents log in with. In a workspace every container
    /// of it could read it, and an agent would commit it; and a link there may
    /// lead anywhere.
    fn refuse_workspaces(&self, directory: &Path) -> Result<(), OperationError> {
        let real = match Directory::open(directory, &self.workspaces) {
            Err(TransferError::UntrustedLink { .. }) => None,
            _ => fs::canonicalize(directory).ok(),
        };
        let is_inside = |real: &PathBuf| self.workspaces.iter().any(|it| real.starts_with(it));
        if real.as_ref().is_some_and(|real| !is_inside(real)) {
            return Ok(());
        }
        let message =
            format!("`{}` is in a workspace, where agents read and commit it", directory.display());
        let hint = format!(
            "leave out `--output` to have it in `{}`, or name a place outside of workspaces",
            self.default.display()
        );
        Err(OperationError::usage(message).hint(Hint::new(hint)))
    }
}

/// The workspaces of containers, and one that may have none.
pub fn workspaces(containers: &[Container], here: Option<&WorkspacePath>) -> Vec<PathBuf> {
    let labels = containers.iter().filter_map(|it| it.labels.workspace()).map(PathBuf::from);
    labels.chain(here.map(|it| it.as_path().to_owned())).collect()
}

impl ArchiveDestination {
    /// A file beside it, mode 0600, which goes unless it is put in place.
    pub(crate) fn create_temporary(&self) -> crate::Result<NamedTempFile> {
        let directory = self.file.parent().unwrap_or(Path::new("/"));
        // Only the default directory may be missing, and is nobody else's.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.with_context(|| format!("cannot make `{}`", directory.display()))?;
        Builder::new()
            .prefix(".containai-export-")
            .suffix(".part")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(directory)
            .map_err(|error| {
                let message = format!("cannot write in `{}`: {error}", directory.display());
                let hint = Hint::new("name another place with `--output`");
                OperationError::with_code(exit::FAILED, message).hint(hint).into()
            })
    }

    /// Gives the draft its name. Another file of that name stays.
    pub(crate) fn persist(&self, draft: NamedTempFile) -> crate::Result<()> {
        let context = || format!("cannot make `{}`", self.file.display());
        draft.persist_noclobber(&self.file).map_err(|error| error.error).with_context(context)?;
        let synced = |directory: &Path| -> io::Result<()> { File::open(directory)?.sync_all() };
        synced(self.file.parent().unwrap_or(Path::new("/"))).with_context(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dir: &Path, given: Option<&str>, sealing: EncryptionUse) -> String {
        let chooser = DestinationChooser {
            directory: dir,
            default: dir.join("exports"),
            workspaces: vec![dir.join("ws")],
            encryption: sealing,
            now: Timestamp::from_unix(1_709_209_815),
        };
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let shown = match chooser.choose(given.map(Path::new), &workspace) {
            Ok(ArchiveDestination { file, compression: packing }) => {
                format!("{} {packing:?}", file.display())
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
        let check = |given: Option<&str>, sealing, expected: &str| {
            assert_eq!(check(&dir, given, sealing), expected);
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
        check(Some("/none/y.tgz"), EncryptionUse::Plain, "`/none/y.tgz` is in no directory");
        check(Some("y.tgz.age"), EncryptionUse::Encrypted, "DIR/y.tgz.age Gzip");
        check(Some("y.tar.zst"), EncryptionUse::Encrypted, "DIR/y.tar.zst.age Zstd");
        check(
            Some("y.tgz.age"),
            EncryptionUse::Plain,
            "`DIR/y.tgz.age` is a name for an encrypted archive",
        );
        check(
            Some("y"),
            EncryptionUse::Plain,
            "`DIR/y` is neither a directory nor a name for an archive",
        );
        check(Some("old.tgz"), EncryptionUse::Plain, "`DIR/old.tgz` is there already");
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
            let said = check(&dir, Some(given), EncryptionUse::Plain);
            assert!(said.contains("is in a workspace"), "{given}: {said}");
        }
        assert_eq!(check(&dir, Some("other/x.tgz"), EncryptionUse::Plain), "DIR/other/x.tgz Gzip");
        Ok(())
    }
}
