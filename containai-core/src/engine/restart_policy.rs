use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Whether the engine starts a container again without a command, by the names of
/// `docker run --restart`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never: the next command starts it.
    #[default]
    No,
    /// When the engine starts, as after a reboot, and when its first process ends, unless it was
    /// stopped by a command.
    UnlessStopped,
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::UnlessStopped => "unless-stopped",
        })
    }
}

impl FromStr for RestartPolicy {
    type Err = UnknownRestartPolicy;

    fn from_str(text: &str) -> Result<Self, UnknownRestartPolicy> {
        match text {
            "no" => Ok(Self::No),
            "unless-stopped" => Ok(Self::UnlessStopped),
            _ => Err(UnknownRestartPolicy { text: text.to_owned() }),
        }
    }
}

/// A text is not a restart policy. Docker's `always` and `on-failure` are not offered: `always`
/// starts even containers that were stopped by a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of `no`, `unless-stopped`", text.escape_debug())]
#[non_exhaustive]
pub struct UnknownRestartPolicy {
    /// The text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_its_own_names_only() {
        for policy in [RestartPolicy::No, RestartPolicy::UnlessStopped] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for other in ["always", "on-failure", "", "NO", "yes"] {
            let error = other.parse::<RestartPolicy>().expect_err("unknown").to_string();
            assert!(error.contains("one of `no`, `unless-stopped`"), "{error}");
        }
    }
}
