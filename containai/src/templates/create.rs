//! Creation of a template.

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use containai_core::hint::Hint;
use containai_core::layout::Layout;
use containai_core::naming::TemplateName;
use containai_core::template::scaffold;

use super::DOCKERFILE;
use crate::error::{OperationError, ResultExt as _};

/// Creates a template with an example Dockerfile; returns the path of the Dockerfile.
///
/// # Errors
///
/// The template exists, or a file cannot be written.
pub fn create(layout: &Layout, name: &TemplateName) -> crate::Result<PathBuf> {
    let directory = layout.template(name);
    let path = directory.join(DOCKERFILE);
    let shown = path.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let file = fs::File::options().write(true).create_new(true).open(&path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("template `{name}` already exists");
            let hint = Hint::new(format!("edit `{shown}`, or choose another name"));
            return Err(OperationError::usage(message).hint(hint).into());
        }
        file => file.with_context(|| format!("cannot create `{shown}`"))?,
    };
    file.write_all(scaffold(name).as_bytes()).with_context(|| format!("cannot write `{shown}`"))?;
    Ok(path)
}
