//! Problems with the user's OpenSSH files, each reported once.

use std::error::Error as StdError;
use std::fs;

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;
use containai_ssh::OpenSshListener;

use crate::private_file;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// The names of the records of what was reported.
const INCLUDE: &str = "ssh-include";
const HOSTS: &str = "ssh-hosts";

/// Reports files that plain `ssh` needs and sessions do not, and that cannot be written: a link into
/// a read-only store, a file of another user. A record prevents the same warning in the next run.
#[derive(Clone, Debug)]
pub(crate) struct OpenSshReport {
    reporter: Reporter,
    layout: Layout,
}

impl OpenSshReport {
    pub(crate) fn new(env: &ProcessEnv, reporter: &Reporter) -> Self {
        Self { reporter: reporter.clone(), layout: env.layout.clone() }
    }

    /// Reports that the `Include` is missing, and the line to add.
    pub(crate) fn include_missing(&self, error: &RemoteError, line: &str) {
        self.warn_once(
            INCLUDE,
            &format!(
                "{}; plain `ssh` finds no container until the first line of `{}` is `{line}`",
                with_causes(error),
                self.layout.ssh_config().display()
            ),
        );
    }

    /// Records that the `Include` exists.
    pub(crate) fn include_exists(&self) {
        // If it fails, the next problem of the same kind is not reported.
        let _ = fs::remove_file(self.layout.notice(INCLUDE));
    }

    /// Returns whether a missing `Include` was reported.
    pub(crate) fn is_include_reported(&self) -> bool {
        self.layout.notice(INCLUDE).exists()
    }

    fn warn_once(&self, notice: &str, text: &str) {
        let path = self.layout.notice(notice);
        if fs::read_to_string(&path).is_ok_and(|reported| reported == text) {
            return self.reporter.detail(text);
        }
        self.reporter.warn(text);
        // Without a record, the warning appears again.
        let _ = private_file::write(&path, text);
    }
}

impl OpenSshListener for OpenSshReport {
    fn on_unwritable(&self, error: &RemoteError) {
        let error = with_causes(error);
        self.warn_once(
            HOSTS,
            &format!(
                "{error}; plain `ssh` does not know this container, `cai ssh config` prints what it needs"
            ),
        );
    }
}

fn with_causes(error: &RemoteError) -> String {
    let causes = std::iter::successors(error.source(), |&error: &&dyn StdError| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
