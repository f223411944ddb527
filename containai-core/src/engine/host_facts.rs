//! Facts about the host for containers.

/// Facts about the host that are passed to a container, so that sessions resemble the user's own.
/// They are not secret: they are part of the container's environment, which is visible to everyone
/// with access to the engine.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostFacts {
    /// The time zone, such as `Europe/Berlin`; `None` is UTC.
    pub time_zone: Option<String>,
    /// The user name for git commits.
    pub git_name: Option<String>,
    /// The email address for git commits.
    pub git_email: Option<String>,
}

impl HostFacts {
    /// Returns the facts as variables for the container's init. Values that cannot be quoted there
    /// are omitted.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = [
            ("TZ", &self.time_zone),
            ("CAI_GIT_NAME", &self.git_name),
            ("CAI_GIT_EMAIL", &self.git_email),
        ];
        pairs.into_iter().filter_map(|(name, value)| {
            let value = value.as_deref().map(str::trim)?;
            let is_plain = |c: char| !c.is_control() && c != '"' && c != '\\';
            (!value.is_empty() && value.chars().all(is_plain)).then_some((name, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquotable_values_are_omitted() {
        let facts = HostFacts {
            time_zone: Some("Europe/Berlin\n".into()),
            git_name: Some("A \"B\" C".into()),
            git_email: Some("a\u{1b}@b".into()),
        };
        assert_eq!(facts.variables().collect::<Vec<_>>(), [("TZ", "Europe/Berlin")]);
        assert_eq!(HostFacts::default().variables().count(), 0);
    }
}
