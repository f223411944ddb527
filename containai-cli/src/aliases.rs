//! Commands under other names: short ones, and those of earlier versions.

use std::ffi::OsString;

use crate::command_line::first_argument;

/// A name of a command.
struct Alias {
    words: &'static [&'static str],
    command: &'static [&'static str],
    kind: AliasKind,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum AliasKind {
    Short,
    Deprecated,
}

const fn short(words: &'static [&'static str], command: &'static [&'static str]) -> Alias {
    Alias { words, command, kind: AliasKind::Short }
}

const fn deprecated(words: &'static [&'static str], command: &'static [&'static str]) -> Alias {
    Alias { words, command, kind: AliasKind::Deprecated }
}

/// All aliases that are more than another name of one command; the first match applies.
const ALIASES: [Alias; 8] = [
    short(&["rm"], &["stop", "--remove"]),
    short(&["images"], &["image", "list"]),
    deprecated(&["sync"], &["links", "adopt"]),
    deprecated(&["sync-back"], &["workspace", "pull"]),
    deprecated(&["ports", "add"], &["forward", "--background"]),
    deprecated(&["ports", "list"], &["forward", "list"]),
    deprecated(&["ports", "remove"], &["forward", "remove"]),
    deprecated(&["ports"], &["forward", "list"]),
];

/// Replaces an alias by its command; returns a warning if the alias is deprecated.
pub(crate) fn expand(words: &mut Vec<OsString>) -> Option<String> {
    let at = first_argument(words)?;
    let matches = |alias: &&Alias| {
        let given = &words[at..];
        given.len() >= alias.words.len() && alias.words.iter().zip(given).all(|(a, b)| b == a)
    };
    let Alias { words: old, command, kind } = ALIASES.iter().find(matches)?;
    words.splice(at..at + old.len(), command.iter().map(OsString::from));
    let (old, command) = (old.join(" "), command.join(" "));
    (*kind == AliasKind::Deprecated)
        .then(|| format!("`cai {old}` is deprecated; use `cai {command}`"))
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
            "cai ports",
            "cai forward list",
            Some("`cai ports` is deprecated; use `cai forward list`"),
        );
        check(
            "cai ports add -L 80:localhost:80",
            "cai forward --background -L 80:localhost:80",
            Some("`cai ports add` is deprecated; use `cai forward --background`"),
        );
    }
}
