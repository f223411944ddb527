//! The last target of each cache key.

use std::sync::{Mutex, PoisonError};

use super::target::Target;

/// The maximum number of cache keys; the oldest one is dropped.
const MAX_TARGETS: usize = 64;

/// The last leased target of each cache key, a text that is opaque to the
/// daemon.
#[derive(Default)]
pub(super) struct RecentTargets(Mutex<Vec<(String, Target)>>);

impl RecentTargets {
    pub(super) fn record(&self, cache_key: &str, target: &Target) {
        if cache_key.is_empty() {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| other != cache_key);
        if known.len() == MAX_TARGETS {
            known.remove(0);
        }
        known.push((cache_key.to_owned(), target.clone()));
    }

    pub(super) fn get(&self, cache_key: &str) -> Option<Target> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == cache_key).map(|(_, target)| target.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mux::target::tests::target;

    #[test]
    fn keeps_the_latest_target_and_drops_the_oldest_key() {
        let recent = RecentTargets::default();
        recent.record("", &target("none"));
        assert_eq!(recent.get(""), None);
        for container in ["old", "new"] {
            recent.record("here", &target(container));
        }
        assert_eq!(recent.get("here"), Some(target("new")));
        (1..MAX_TARGETS).for_each(|key| recent.record(&key.to_string(), &target("other")));
        assert_eq!(recent.get("here"), Some(target("new")));
        recent.record("one more", &target("other"));
        assert_eq!(recent.get("here"), None);
        assert_eq!(recent.get("1"), Some(target("other")));
    }
}
