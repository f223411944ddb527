//! The host's distribution and its package mirror.

/// The fields of `/etc/os-release` (os-release(5)) that a bootstrap needs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct OsRelease {
    /// `ID`, such as `debian`.
    pub(crate) id: String,
    /// `VERSION_CODENAME`, such as `bookworm`.
    pub(crate) codename: String,
}

impl OsRelease {
    pub(crate) fn parse(text: &str) -> Self {
        let value = |key: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        Self { id: value("ID"), codename: value("VERSION_CODENAME") }
    }
}

/// Returns the first mirror of `suite` in the text of the host's apt sources, in one-line or deb822
/// style (sources.list(5)).
pub(crate) fn mirror(sources: &str, suite: &str) -> Option<String> {
    one_line(sources, suite).or_else(|| deb822(sources, suite))
}

fn one_line(sources: &str, suite: &str) -> Option<String> {
    sources.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let uri = words.next()?;
        (words.next()? == suite).then(|| uri.to_owned())
    })
}

fn deb822(sources: &str, suite: &str) -> Option<String> {
    sources.split("\n\n").flat_map(|part| part.split("\nTypes:")).find_map(|stanza| {
        let field = |name: &str| {
            stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::split_whitespace)
        };
        let mut suites = field("Suites:")?;
        suites.any(|word| word == suite).then(|| field("URIs:")?.next().map(str::to_owned))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read() {
        let text = "PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_CODENAME=bookworm\n";
        let expected = OsRelease { id: "debian".into(), codename: "bookworm".into() };
        assert_eq!(OsRelease::parse(text), expected);
        assert_eq!(OsRelease::parse(""), OsRelease::default());
    }

    #[test]
    fn mirrors_are_found_in_both_styles() {
        let check = |sources: &str, expected: Option<&str>| {
            assert_eq!(mirror(sources, "bookworm").as_deref(), expected, "{sources}");
        };
        check("deb http://m/debian bookworm main\n", Some("http://m/debian"));
        check(
            "# deb http://x/ bookworm main\ndeb [arch=amd64] http://m/d bookworm main",
            Some("http://m/d"),
        );
        check("deb http://m/debian bookworm-updates main\n", None);
        check(
            "Types: deb\n# old\nURIs: http://m/debian\nSuites: bookworm bookworm-updates\n\nTypes: deb\nURIs: http://s\nSuites: bookworm-security\n",
            Some("http://m/debian"),
        );
        check(
            "Types: deb\nURIs: http://s\nSuites: bookworm-security\n\nTypes: deb\nURIs: http://m\nSuites: bookworm\n",
            Some("http://m"),
        );
    }
}
