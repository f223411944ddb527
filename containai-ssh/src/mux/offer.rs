//! A connection that is offered before anybody knows whether it is meant.

use std::time::{Duration, Instant};

use super::lease::Lease;
use super::target::Target;

/// For how long an offer is good: the server may have gone since.
const FRESH: Duration = Duration::from_secs(1);

/// A connection with an open channel to what was borrowed last on an occasion,
/// on which nothing has run. Dropping it gives it back.
#[derive(Debug)]
pub struct Offer {
    pub(super) target: Target,
    pub(super) lease: Lease,
    pub(super) since: Instant,
}

impl Offer {
    /// The connection, where it leads to this target and to no other.
    #[must_use]
    pub fn for_target(self, target: &Target) -> Option<Lease> {
        (self.target == *target && self.since.elapsed() < FRESH).then_some(self.lease)
    }
}
