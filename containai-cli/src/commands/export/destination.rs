//! Which file an archive goes to.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::timestamp::Timestamp;
use tempfile::{Builder, NamedTempFile};

use crate::archive_file::Packing;
use crate::error::CliError;

/// A file that is not there yet, and how it is packed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Destination {
    pub(crate) file: PathBuf,
    pub(crate) packing: Packing,
}

/// Whether what is written is sealed, which its name tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sealing {
    Open,
    Sealed,
}

impl Destination {
    /// What was asked for: a file, a directory, or nothing, which is the
    /// current directory.
    pub(crate) fn choose(
        given: Option<&Path>,
        directory: &Path,
        sealing: Sealing,
        now: Timestamp,
    ) -> Result<Self, CliError> {
        let place = directory.join(given.unwrap_or(Path::new("")));
        if place.is_dir() {
            let ending = if sealing == Sealing::Sealed { "tgz.age" } else { "tgz" };
            let file = place.join(format!("containai-export-{}.{ending}", now.compact()));
            return Ok(Self { file, packing: Packing::Gzip });
        }
        let shown = place.display();
        let packing = Packing::of(&place).ok_or_else(|| {
            CliError::usage(format!("`{shown}` is neither a directory nor a name for an archive"))
                .hint(Hint::new("let it end in `.tgz` or `.tar.zst`"))
        })?;
        if place.extension().is_some_and(|it| it == "age") && sealing == Sealing::Open {
            let message = format!("`{shown}` is a name for an encrypted archive");
            let hint = Hint::new("say for whom with `--passphrase` or `--recipient`");
            return Err(CliError::usage(message).hint(hint));
        }
        if !place.parent().is_some_and(Path::is_dir) {
            let hint = Hint::new("make the directory first");
            return Err(CliError::usage(format!("`{shown}` is in no directory")).hint(hint));
        }
        if place.symlink_metadata().is_ok() {
            let hint = Hint::new("choose another name, or a directory");
            return Err(CliError::usage(format!("`{shown}` is there already")).hint(hint));
        }
        Ok(Self { file: place, packing })
    }

    /// A file beside it, mode 0600, which goes unless it is put in place.
    pub(super) fn draft(&self) -> anyhow::Result<NamedTempFile> {
        let directory = self.file.parent().unwrap_or(Path::new("/"));
        Builder::new()
            .prefix(".containai-export-")
            .suffix(".part")
            .permissions(std::fs::Permissions::from_mode(0o600))
            .tempfile_in(directory)
            .map_err(|error| {
                let message = format!("cannot write in `{}`: {error}", directory.display());
                let hint = Hint::new("name another place with `--output`");
                CliError::with_code(exit::FAILED, message).hint(hint).into()
            })
    }

    /// Gives the draft its name. Another file of that name stays.
    pub(super) fn put(&self, draft: NamedTempFile) -> anyhow::Result<()> {
        let context = || format!("cannot make `{}`", self.file.display());
        draft.persist_noclobber(&self.file).map_err(|error| error.error).with_context(context)?;
        let synced = |directory: &Path| -> io::Result<()> { File::open(directory)?.sync_all() };
        synced(self.file.parent().unwrap_or(Path::new("/"))).with_context(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_or_judged() -> anyhow::Result<()> {
        let dir = tempfile::TempDir::new()?;
        std::fs::write(dir.path().join("old.tgz"), "")?;
        std::fs::create_dir(dir.path().join("sub.tgz"))?;
        let now = Timestamp::from_unix(1_709_209_815);
        let check = |given: Option<&str>, sealing, expected: &str| {
            let chosen = Destination::choose(given.map(Path::new), dir.path(), sealing, now);
            let shown = match chosen {
                Ok(Destination { file, packing }) => format!("{} {packing:?}", file.display()),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown.replace(&dir.path().display().to_string(), "DIR"), expected);
        };
        check(None, Sealing::Open, "DIR/containai-export-20240229-123015.tgz Gzip");
        check(
            Some("sub.tgz"),
            Sealing::Sealed,
            "DIR/sub.tgz/containai-export-20240229-123015.tgz.age Gzip",
        );
        check(Some("sub.tgz/y.tar.zst"), Sealing::Open, "DIR/sub.tgz/y.tar.zst Zstd");
        check(Some("/none/y.tgz"), Sealing::Open, "`/none/y.tgz` is in no directory");
        check(Some("y.tgz.age"), Sealing::Sealed, "DIR/y.tgz.age Gzip");
        check(
            Some("y.tgz.age"),
            Sealing::Open,
            "`DIR/y.tgz.age` is a name for an encrypted archive",
        );
        check(Some("y"), Sealing::Open, "`DIR/y` is neither a directory nor a name for an archive");
        check(Some("old.tgz"), Sealing::Open, "`DIR/old.tgz` is there already");
        Ok(())
    }
}
