//! What a container is told of the host it is on.

/// What a container is told of the host it is on, so that sessions inside are
/// as the user's own. None of it is secret: it is part of the container's
/// environment, which everybody sees who may ask the engine.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HostFacts {
    /// The time zone, such as `Europe/Berlin`; `None` is UTC.
    pub time_zone: Option<String>,
    /// The name that the user commits with.
    pub git_name: Option<String>,
    /// The address that the user commits with.
    pub git_email: Option<String>,
}

impl HostFacts {
    /// The variables that tell it to the container's init. Text that could not
    /// be quoted there is left out.
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
    fn what_cannot_be_quoted_is_left_out() {
        let facts = HostFacts {
            time_zone: Some("Europe/Berlin\n".into()),
            git_name: Some("A \"B\" C".into()),
            git_email: Some("a\u{1b}@b".into()),
        };
        assert_eq!(facts.variables().collect::<Vec<_>>(), [("TZ", "Europe/Berlin")]);
        assert_eq!(HostFacts::default().variables().count(), 0);
    }
}
