//! Consent to the set-up of this machine.

/// Consent to the set-up of this machine, where a session finds it missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetupConsent {
    /// Set up without a question (`--yes`).
    Given,
    /// Set up after the user has confirmed it.
    Ask,
    /// Never set up: the command creates no container.
    Never,
}
