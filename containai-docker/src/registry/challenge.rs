//! The `WWW-Authenticate` header.

/// The way in which a registry asks for authentication.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AuthChallenge {
    /// A user name and a password.
    Basic,
    /// A token from a server.
    Bearer {
        /// The URL of the token server.
        realm: String,
        /// The name of the registry there; empty if it has none.
        service: String,
    },
}

impl AuthChallenge {
    /// Parses a header (RFC 9110 §11.6.1); `None` without a known scheme. A token is preferred.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let challenges = challenges(header);
        let bearer = challenges.iter().find_map(|(scheme, parameters)| {
            let find = |name: &str| parameters.iter().find(|(key, _)| key == name);
            let realm = find("realm").filter(|_| scheme == "bearer")?.1.clone();
            let service = find("service").map(|(_, value)| value.clone()).unwrap_or_default();
            Some(Self::Bearer { realm, service })
        });
        let is_basic = || challenges.iter().any(|(scheme, _)| scheme == "basic");
        bearer.or_else(|| is_basic().then_some(Self::Basic))
    }
}

/// The parameters of one scheme.
type Challenge = (String, Vec<(String, String)>);

/// Splits a header into schemes, in lower case, with their parameters.
fn challenges(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let trimmed = after.trim_start();
        rest = match trimmed.strip_prefix('=') {
            Some(value) => {
                let (value, after) = read_value(value.trim_start());
                if let Some((_, parameters)) = challenges.last_mut() {
                    parameters.push((word.to_lowercase(), value));
                }
                after
            }
            None => {
                challenges.push((word.to_lowercase(), Vec::new()));
                trimmed
            }
        }
        .trim_start_matches([' ', ',', '\t']);
    }
    challenges
}

/// Reads a token or a quoted string; returns the text after it.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => {
                value.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            c => value.push(c),
        }
    }
    (value, "")
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_of_registries_are_read() {
        let bearer = |realm: &str, service: &str| {
            Some(AuthChallenge::Bearer { realm: realm.into(), service: service.into() })
        };
        for (header, expected) in [
            (
                "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"repository:a/b:pull\"",
                bearer("https://ghcr.io/token", "ghcr.io"),
            ),
            ("bearer service=x, realm=https://y/z?a=b", bearer("https://y/z?a=b", "x")),
            ("Basic realm=\"a, \\\"b\\\"\", Bearer realm=\"https://t\"", bearer("https://t", "")),
            ("Basic realm=\"Registry\"", Some(AuthChallenge::Basic)),
            ("Basic", Some(AuthChallenge::Basic)),
            ("Bearer", None),
            ("Negotiate", None),
            ("Digest realm=\"x\"", None),
            ("", None),
            ("=", None),
            ("\"", None),
        ] {
            assert_eq!(AuthChallenge::parse(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in "\\PC*") {
            let _ = AuthChallenge::parse(&header);
        }
    }
}
