//! Root works in a repository as its owner, who could not use root's files.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::thread;

use nix::unistd::{Gid, Uid, geteuid, setfsgid, setfsuid};

/// Whether root works on files of another user.
pub(crate) fn is_other_user(owner: &Metadata) -> bool {
    geteuid().is_root() && owner.uid() != 0
}

/// Does something with files as their owner, where root does it. Identity for
/// files is a thread's own (setfsuid(2)), and root's capabilities over files go
/// with it; the thread ends with the work.
pub(crate) fn run_as_owner<T: Send>(owner: &Metadata, work: impl FnOnce() -> T + Send) -> T {
    if !is_other_user(owner) {
        return work();
    }
    let (uid, gid) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
    let outcome = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            setfsgid(gid);
            setfsuid(uid);
            // What it was before is what the call returns; a second one says
            // what it is now.
            assert_eq!(setfsuid(uid), uid, "root may be anybody");
            work()
        });
        worker.join()
    });
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
