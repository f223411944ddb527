//! A connection leased before its target is known.

use std::time::{Duration, Instant};

use super::lease::Lease;
use super::target::Target;

/// The validity of a prefetched connection; the server may be stopped later.
const MAX_AGE: Duration = Duration::from_secs(1);

/// A connection with an open channel to the last target of a cache key, on
/// which nothing has run. Dropping it returns the connection.
#[derive(Debug)]
pub struct PrefetchedConnection {
    pub(super) target: Target,
    pub(super) lease: Lease,
    pub(super) since: Instant,
}

impl PrefetchedConnection {
    /// Returns the lease, if the connection is to this target.
    #[must_use]
    pub fn for_target(self, target: &Target) -> Option<Lease> {
        (self.target == *target && self.since.elapsed() < MAX_AGE).then_some(self.lease)
    }
}
