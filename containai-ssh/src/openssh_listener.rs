use std::fmt;

use containai_core::remote::RemoteError;

/// Receives problems with the OpenSSH files of the user, which plain `ssh`
/// needs and sessions of this crate do not.
pub trait OpenSshListener: fmt::Debug + Send + Sync {
    /// The OpenSSH configuration of a container cannot be written or removed.
    fn on_unwritable(&self, error: &RemoteError);
}
