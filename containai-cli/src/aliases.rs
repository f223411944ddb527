//! Commands under other names: short ones, and those of earlier versions.

use std::ffi::OsString;

use crate::command_line::first_argument;

/// Words, and the words that they stand for.
type Alias = (&'static [&'static str], &'static [&'static str]);

const SHORT: [Alias; 2] = [(&["rm"], &["stop", "--remove"]), (&["images"], &["image", "list"])];

/// Commands of earlier versions; the first match applies.
const DEPRECATED: [Alias; 8] = [
    (&["list-agents"], &["session", "list"]),
    (&["connect-agent"], &["attach"]),
    (&["remove-agent"], &["session", "remove"]),
    (&["sync"], &["links", "adopt"]),
    (&["sync-back"], &["workspace", "pull"]),
    (&["ports", "add"], &["forward", "--background"]),
    (&["ports", "list"], &["forward", "list"]),
    (&["ports", "remove"], &["forward", "remove"]),
];

/// Replaces an alias by its command; returns a warning if the alias is deprecated.
pub(crate) fn expand(words: &mut Vec<OsString>) -> Option<String> {
    let at = first_argument(words)?;
    let matches = |(old, _): &&Alias| {
        let given = words[at..].iter().take(old.len());
        given.eq(old.iter())
    };
    let short = SHORT.iter().find(matches);
    let (old, command) = short.or_else(|| DEPRECATED.iter().find(matches))?;
    words.splice(at..at + old.len(), command.iter().map(OsString::from));
    if old == &["ports", "add"] {
        expand_port_numbers(words, at + command.len());
    }
    let (old, command) = (old.join(" "), command.join(" "));
    short.is_none().then(|| format!("`cai {old}` is deprecated; use `cai {command}`"))
}

/// Replaces bare port numbers by local forwards to the same port: `ports add 3000`.
fn expand_port_numbers(words: &mut Vec<OsString>, first: usize) {
    let forward = |word: OsString, is_value: bool| match word.to_str() {
        Some(port) if !is_value && port.parse::<u16>().is_ok() => {
            vec!["-L".into(), format!("{port}:localhost:{port}").into()]
        }
        _ => vec![word],
    };
    let mut is_value = false;
    let given = words.split_off(first);
    for word in given {
        let is_option = word.to_string_lossy().starts_with('-');
        words.extend(forward(word, is_value));
        is_value = is_option;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_replaced_once() {
        let check = |line: &str, expected: &str, warning: Option<&str>| {
            let mut words = line.split(' ').map(OsString::from).collect();
            assert_eq!(expand(&mut words).as_deref(), warning, "{line}");
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!(words.join(" "), expected, "{line}");
        };
        check("cai", "cai", None);
        check("cai rm api-main", "cai stop --remove api-main", None);
        check("cai -q images --json", "cai -q image list --json", None);
        check("cai exec rm x", "cai exec rm x", None);
        check(
            "cai sync --keep-links",
            "cai links adopt --keep-links",
            Some("`cai sync` is deprecated; use `cai links adopt`"),
        );
        check(
            "cai --docker-host x sync-back a",
            "cai --docker-host x workspace pull a",
            Some("`cai sync-back` is deprecated; use `cai workspace pull`"),
        );
        check(
            "cai connect-agent -n claude",
            "cai attach -n claude",
            Some("`cai connect-agent` is deprecated; use `cai attach`"),
        );
        check("cai ports", "cai ports", None);
        check(
            "cai ports list",
            "cai forward list",
            Some("`cai ports list` is deprecated; use `cai forward list`"),
        );
        check(
            "cai ports add -L 80:localhost:80",
            "cai forward --background -L 80:localhost:80",
            Some("`cai ports add` is deprecated; use `cai forward --background`"),
        );
        check(
            "cai ports add 3000 -D 1080",
            "cai forward --background -L 3000:localhost:3000 -D 1080",
            Some("`cai ports add` is deprecated; use `cai forward --background`"),
        );
    }
}
