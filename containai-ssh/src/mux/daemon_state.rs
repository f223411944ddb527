use tokio::sync::Notify;

use super::pool::ConnectionPool;
use super::recent_targets::RecentTargets;

/// The state that all clients share.
pub(super) struct DaemonState {
    pub(super) pool: ConnectionPool,
    pub(super) recent_targets: RecentTargets,
    pub(super) version: String,
    pub(super) superseded: Notify,
}
