//! Replacement of fixed base images by `${BASE_IMAGE}`.

use std::fs;
use std::path::PathBuf;

use containai_core::config::diff;
use containai_core::hint::Hint;
use containai_core::template;

use super::Template;
use crate::error::{OperationError, ResultExt as _};
use crate::private_file;

/// A planned upgrade of a Dockerfile.
#[derive(Clone, Debug)]
pub struct TemplateUpgrade {
    path: PathBuf,
    before: String,
    after: String,
}

impl Template {
    /// Plans the upgrade; `None` if the Dockerfile builds on `${BASE_IMAGE}`.
    ///
    /// # Errors
    ///
    /// The Dockerfile is invalid.
    pub fn upgrade(&self) -> crate::Result<Option<TemplateUpgrade>> {
        let path = self.path();
        let upgraded = template::upgrade(&self.text).map_err(|error| {
            OperationError::usage(format!("`{}`: {error}", path.display())).hint(Hint::run(
                &format!("cai template check {}", self.name),
                "see all errors of the Dockerfile",
            ))
        })?;
        Ok(upgraded.map(|after| TemplateUpgrade { path, before: self.text.clone(), after }))
    }
}

impl TemplateUpgrade {
    /// The changes as a diff below the path of the Dockerfile.
    #[must_use]
    pub fn diff(&self) -> String {
        format!("{}\n{}", self.path.display(), diff(&self.before, &self.after))
    }

    /// Writes the Dockerfile, and keeps its mode.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn apply(&self) -> crate::Result<()> {
        let permissions = fs::metadata(&self.path).map(|it| it.permissions());
        private_file::write(&self.path, &self.after)
            .and_then(|()| fs::set_permissions(&self.path, permissions?))
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}
