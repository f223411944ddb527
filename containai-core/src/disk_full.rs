//! Full disks: how errors and messages of programs report them, and the next steps.

use std::io::{self, ErrorKind};

use crate::hint::Hint;

/// Returns whether the error means that the disk is full or the quota is used up.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Returns whether a line of a program's output reports a full disk or a used-up quota, in the
/// wording of the C library, of Go or of Node.
///
/// ```
/// use containai_core::disk_full::is_reported;
///
/// assert!(is_reported("tar: f: Cannot write: No space left on device"));
/// // The same error number means a limit here, inotify_add_watch(2).
/// assert!(!is_reported("Failed to add inotify watch: No space left on device"));
/// ```
#[must_use]
pub fn is_reported(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    let is_watch_limit = has("inotify") || has("file watchers");
    !is_watch_limit
        && (has("no space left on device")
            || has("disk quota exceeded")
            || line.contains("ENOSPC")
            || line.contains("EDQUOT"))
}

/// Returns the next step where the full disk is not known.
#[must_use]
pub fn hint() -> Hint {
    Hint::new("free space on the disk that is full, then run the command again")
}

/// Returns the next step that frees space in the engine's store.
#[must_use]
pub fn cleanup_hint() -> Hint {
    Hint::run("cai gc --images", "remove old containers and unused images")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_wordings() {
        let check = |line: &str, expected: bool| assert_eq!(is_reported(line), expected, "{line}");
        check("write /var/lib/x: no space left on device", true);
        check("npm error code ENOSPC", true);
        check("cp: error writing 'x': Disk quota exceeded", true);
        check("Error: ENOSPC: System limit for number of file watchers reached", false);
        check("E: Sub-process /usr/bin/dpkg returned an error code (1)", false);
    }

    #[test]
    fn recognises_errors_of_the_system() {
        // ENOSPC and EDQUOT, errno(3).
        assert!(is_full(&io::Error::from_raw_os_error(28)));
        assert!(is_full(&io::Error::from_raw_os_error(122)));
        assert!(!is_full(&io::Error::from_raw_os_error(30)));
    }
}
