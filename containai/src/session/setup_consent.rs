//! Whether the machine may be set up on the way.

/// Whether the machine may be set up on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetupConsent {
    /// `--yes`.
    Given,
    /// Only after a question that a person answers.
    Ask,
    /// Never: the command makes no container.
    Never,
}
