//! Acting as the owner of a repository, who could not use files of root.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::thread;

use nix::unistd::{Gid, Uid, geteuid, setfsgid, setfsuid};

/// Returns whether the caller is root and the files belong to another user.
pub(crate) fn is_other_user(owner: &Metadata) -> bool {
    geteuid().is_root() && owner.uid() != 0
}

/// Runs `work` with the file system identity of the owner, if the caller is root. The identity
/// applies to one thread (setfsuid(2)), which loses root's file capabilities and ends with the work.
pub(crate) fn run_as_owner<T: Send>(owner: &Metadata, work: impl FnOnce() -> T + Send) -> T {
    if !is_other_user(owner) {
        return work();
    }
    let (uid, gid) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
    let outcome = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            setfsgid(gid);
            setfsuid(uid);
            // setfsuid returns the previous identity, so a second call checks the first.
            assert_eq!(setfsuid(uid), uid, "setfsuid failed");
            work()
        });
        worker.join()
    });
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
