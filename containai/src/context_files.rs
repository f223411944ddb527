//! The files of a build context in the workspace.

use containai_core::hint::Hint;
use containai_core::template::{ContextEntry, CopySources};
use containai_docker::image::custom::{BuildContext, ContextDir};

use crate::error::OperationError;

/// Returns the entries of a directory that a build copies, below `prefix` in its context.
///
/// # Errors
///
/// The directory cannot be read.
pub(crate) fn context_entries(
    place: &ContextDir,
    prefix: &str,
    copied: &CopySources,
) -> crate::Result<Vec<ContextEntry>> {
    let found = BuildContext::open(place).and_then(|directory| directory.entries(copied));
    let found = found.map_err(|error| {
        let shown = place.root.join(&place.subpath);
        OperationError::usage(format!("cannot read `{}`: {error}", shown.display()))
            .hint(Hint::new("name a directory of the workspace whose path contains no link"))
    })?;
    let below =
        |entry: ContextEntry| ContextEntry { path: format!("{prefix}/{}", entry.path), ..entry };
    Ok(found.into_iter().map(below).collect())
}
