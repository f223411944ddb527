//! The known workspace around a directory that nobody named.

use containai_core::engine::Container;
use containai_core::lifecycle::enclosing;
use containai_core::naming::WorkspacePath;

use crate::context::Context;
use crate::workspace::Spot;

/// The known workspace around the directory, if nobody named one and it is
/// none itself.
pub(crate) fn around(
    spot: &Spot,
    containers: &[Container],
    context: &Context<'_>,
) -> Option<WorkspacePath> {
    match spot {
        Spot::Named(_) => None,
        Spot::Found(path) => {
            enclosing(path, containers, &context.config.sections, context.env.layout.home())
        }
    }
}

/// The workspace that is meant; says so where it is another directory than
/// that of the command. `otherwise` are the words that mean that one.
pub(crate) fn meant(
    spot: &Spot,
    containers: &[Container],
    context: &Context<'_>,
    otherwise: &str,
) -> WorkspacePath {
    match around(spot, containers, context) {
        None => spot.path().clone(),
        Some(place) => {
            tell(context, &place, spot.path(), otherwise);
            place
        }
    }
}

/// Says that `place` is used and not `here`.
pub(crate) fn tell(
    context: &Context<'_>,
    place: &WorkspacePath,
    here: &WorkspacePath,
    otherwise: &str,
) {
    context.ui.say(&format!(
        "using the workspace {place} around {here}; `{otherwise}` takes this directory"
    ));
}
