//! The treatment of each setting.

use super::program::with_fallback;
use crate::network::ProxyAddress;

/// The treatment of a setting.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum GitSettingRule {
    /// It works in a container as well.
    Keep,
    /// It names what exists on the host only.
    Drop,
    /// The image has the same setting.
    DropSilently,
    /// It gets this value, which works in both cases.
    Replace(String),
    /// It names a file, without which git fails.
    File,
}

impl GitSettingRule {
    /// Decides on a setting; `key` is in lower case, and `value` without quotes.
    pub(super) fn of(section: &str, subsection: &str, key: &str, value: &str) -> Self {
        match (section, key) {
            ("credential", "helper")
            | ("user", "signingkey")
            | ("commit" | "push", "gpgsign")
            | ("tag", "gpgsign" | "forcesignannotated")
            | ("core", "sshcommand" | "hookspath" | "fsmonitor" | "askpass" | "gitproxy")
            | ("init", "templatedir")
            | ("diff", "external" | "command")
            | (
                "http",
                "extraheader"
                | "cookiefile"
                | "sslkey"
                | "sslcert"
                | "sslcertpasswordprotected"
                | "sslcainfo"
                | "sslcapath"
                | "sslbackend"
                | "proxysslcainfo"
                | "proxysslcert"
                | "proxysslkey",
            ) => Self::Drop,
            ("gpg", "program" | "format" | "defaultkeycommand") => Self::Drop,
            ("http" | "remote", "proxy") => Self::keep_unless(is_loopback(value)),
            ("core", "excludesfile" | "attributesfile")
            | ("commit", "template")
            | ("blame", "ignorerevsfile")
            | ("mailmap", "file") => Self::File,
            ("filter", _) if subsection == "lfs" && value.contains("git-lfs") => Self::DropSilently,
            ("core", "pager") => Self::replace(value, "less \"$@\""),
            ("pager", _) if !is_bool(value) => Self::replace(value, "less \"$@\""),
            ("core" | "sequence", "editor") => Self::replace(value, "vi \"$@\""),
            ("interactive", "difffilter") => Self::replace(value, "cat"),
            ("diff", "textconv") => Self::replace(value, "cat \"$1\""),
            // The placeholders of gitattributes(5) are replaced before the shell sees them.
            ("merge", "driver") => Self::replace(value, "git merge-file --marker-size=%L %A %O %B"),
            _ => Self::Keep,
        }
    }

    fn replace(command: &str, fallback: &str) -> Self {
        with_fallback(command, fallback).map_or(Self::Keep, Self::Replace)
    }

    fn keep_unless(is_unusable: bool) -> Self {
        if is_unusable { Self::Drop } else { Self::Keep }
    }
}

fn is_loopback(value: &str) -> bool {
    ProxyAddress::parse(value).is_some_and(|proxy| proxy.is_loopback())
}

/// Whether this is a boolean as git reads it; `pager.log` can be one.
fn is_bool(value: &str) -> bool {
    let words = ["", "true", "false", "yes", "no", "on", "off"];
    words.contains(&value.to_ascii_lowercase().as_str()) || value.parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |setting: &str, value: &str| {
            let mut names: Vec<&str> = setting.split('.').collect();
            let (section, key) = (names.remove(0), names.pop().expect("a key"));
            GitSettingRule::of(section, &names.join("."), key, value)
        };
        for dropped in [
            "gpg.ssh.program",
            "gpg.program",
            "diff.external",
            "diff.pdf.command",
            "http.sslcainfo",
            "http.https://x.org.sslcainfo",
            "core.hookspath",
        ] {
            assert_eq!(check(dropped, "/x"), GitSettingRule::Drop, "{dropped}");
        }
        for kept in ["alias.x", "user.email", "filter.crypt.clean", "gpg.mintrustlevel"] {
            assert_eq!(check(kept, "nothing"), GitSettingRule::Keep, "{kept}");
        }
        assert_eq!(check("pager.log", "false"), GitSettingRule::Keep);
        assert!(matches!(check("pager.log", "delta"), GitSettingRule::Replace(_)));
        assert!(matches!(check("core.pager", "delta"), GitSettingRule::Replace(_)));
        assert_eq!(check("core.pager", "less -R"), GitSettingRule::Keep);
        assert_eq!(check("commit.template", "~/x"), GitSettingRule::File);
        assert_eq!(check("http.proxy", "http://localhost:1"), GitSettingRule::Drop);
        assert_eq!(check("http.proxy", "http://proxy:1"), GitSettingRule::Keep);
        let lfs = "/opt/homebrew/bin/git-lfs clean -- %f";
        assert_eq!(check("filter.lfs.clean", lfs), GitSettingRule::DropSilently);
    }
}
