//! The listener for files that are reclaimed implicitly.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::reclaim::Reclaimed;

/// A listener for files that are reclaimed before a container is removed.
pub trait ReclaimListener: Send + Sync {
    /// Handles the number of reclaimed files in a workspace; at least one file was affected.
    fn reclaimed(&self, workspace: &Path, done: Reclaimed);
}

/// The optional listener of an engine.
#[derive(Clone, Default)]
pub(crate) struct ReclaimNotifier(pub(crate) Option<Arc<dyn ReclaimListener>>);

impl ReclaimNotifier {
    pub(crate) fn notify(&self, workspace: &Path, done: Reclaimed) {
        if let Some(listener) = self.0.as_ref().filter(|_| !done.is_empty()) {
            listener.reclaimed(workspace, done);
        }
    }
}

impl fmt::Debug for ReclaimNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReclaimNotifier").field(&self.0.is_some()).finish()
    }
}
