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
    pub(super) fn record(&self, occasion: &str, target: &Target) {
        if occasion.is_empty() {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| other != occasion);
        if known.len() == MAX_TARGETS {
            known.remove(0);
        }
        known.push((occasion.to_owned(), target.clone()));
    }

    pub(super) fn get(&self, occasion: &str) -> Option<Target> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == occasion).map(|(_, target)| target.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mux::target::tests::target;

    #[test]
    fn keeps_the_latest_target_and_drops_the_oldest_key() {
        let memory = RecentTargets::default();
        memory.record("", &target("none"));
        assert_eq!(memory.get(""), None);
        for container in ["old", "new"] {
            memory.record("here", &target(container));
        }
        assert_eq!(memory.get("here"), Some(target("new")));
        (1..MAX_TARGETS).for_each(|turn| memory.record(&turn.to_string(), &target("other")));
        assert_eq!(memory.get("here"), Some(target("new")));
        memory.record("one more", &target("other"));
        assert_eq!(memory.get("here"), None);
        assert_eq!(memory.get("1"), Some(target("other")));
    }
}
