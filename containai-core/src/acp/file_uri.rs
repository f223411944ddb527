//! `file:` URIs, RFC 8089.

/// Splits a `file:` URI of this machine into its decoded path and the rest, which starts with `?` or
/// `#` or is empty. `None` for other URIs, for another machine, and for a path that is not UTF-8.
pub(super) fn split(uri: &str) -> Option<(String, &str)> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let path = match rest.strip_prefix("//") {
        Some(rest) => &rest[rest.find('/')?..],
        None => rest,
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Some((decode(&path[..end])?, &path[end..]))
}

/// Whether the URI is one of a file, of whichever machine.
pub(super) fn is_file(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("file"))
}

/// Whether the URI names a file of this machine: without a host, or with `localhost`.
pub(super) fn is_local(uri: &str) -> bool {
    let host = uri.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    host.is_none_or(|host| host.is_empty() || host.eq_ignore_ascii_case("localhost"))
}

/// Returns the URI of an absolute path, followed by `rest`.
pub(super) fn join(path: &str, rest: &str) -> String {
    let mut uri = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(byte)),
            _ if b"/-._~!$&'()*+,;=:@".contains(&byte) => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + rest
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_rest_are_separated() {
        let check = |uri: &str, expected: Option<(&str, &str)>| {
            let found = split(uri);
            let found = found.as_ref().map(|(path, rest)| (path.as_str(), *rest));
            assert_eq!(found, expected, "{uri}");
        };
        check("file:///a/b%20c", Some(("/a/b c", "")));
        check("file:///a?x=%2f#L1", Some(("/a", "?x=%2f#L1")));
        check("FILE:/a", Some(("/a", "")));
        check("file://localhost/a", Some(("/a", "")));
        check("file:///%2e%2e/a%2Fb", Some(("/../a/b", "")));
        for uri in ["/a", "https://x/a", "file://x", "file:///%f", "file:///%ff", "file:///%é1"] {
            check(uri, None);
        }
        assert!(is_local("file:///a") && is_local("file:/a") && is_local("file://LOCALHOST/a"));
        assert!(!is_local("file://other/a") && is_file("File:x") && !is_file("x"));
        assert_eq!(join("/a b/é%.rs", "#L1"), "file:///a%20b/%C3%A9%25.rs#L1");
    }
}
