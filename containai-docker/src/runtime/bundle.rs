use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::spec::Spec;

/// An error from reading or replacing `config.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum BundleError {
    /// The engine passed a bundle that does not exist.
    #[error("cannot read `{path}`")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file is not JSON.
    #[error("cannot parse `{path}`")]
    Parse {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    /// The disk is full or read-only.
    #[error("cannot write `{path}`")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The container's `config.json` on disk.
pub(super) struct Bundle {
    path: PathBuf,
    permissions: Permissions,
}

impl Bundle {
    /// Opens the bundle in `dir` and reads its spec.
    pub(super) fn open(dir: &Path) -> Result<(Self, Spec), BundleError> {
        let path = dir.join("config.json");
        let read = |source| BundleError::Read { path: path.clone(), source };
        let permissions = fs::metadata(&path).map_err(read)?.permissions();
        let text = fs::read(&path).map_err(read)?;
        let value = serde_json::from_slice(&text)
            .map_err(|source| BundleError::Parse { path: path.clone(), source })?;
        Ok((Self { path, permissions }, Spec::new(value)))
    }

    /// Replaces the spec atomically and keeps the mode of the file.
    pub(super) fn write(&self, spec: &Spec) -> Result<(), BundleError> {
        self.replace(&spec.to_bytes())
            .map_err(|source| BundleError::Write { path: self.path.clone(), source })
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".config.json.")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(dir)?;
        file.write_all(text)?;
        fs::set_permissions(file.path(), self.permissions.clone())?;
        file.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_unknown_fields_and_mode() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.json");
        fs::write(&path, r#"{"vendor":{"big":18446744073709551615},"annotations":{"a":"b"}}"#)
            .expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("a mode");

        let (bundle, spec) = Bundle::open(dir.path()).expect("a bundle");
        bundle.write(&spec).expect("replaced");

        let text = fs::read_to_string(&path).expect("text");
        insta::assert_snapshot!(text, @r#"{"annotations":{"a":"b"},"vendor":{"big":18446744073709551615}}"#);
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(
            fs::read_dir(dir.path()).expect("entries").count(),
            1,
            "no temporary file stays"
        );
    }

    #[test]
    fn open_fails_without_valid_config() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(matches!(Bundle::open(dir.path()), Err(BundleError::Read { .. })));
        fs::write(dir.path().join("config.json"), "{").expect("written");
        assert!(matches!(Bundle::open(dir.path()), Err(BundleError::Parse { .. })));
    }
}
