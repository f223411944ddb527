//! Validation of manifests.

use toml_edit::{Document, Item, Table};

use super::error::{ManifestError, ManifestErrorKind};
use super::{
    AgentAcp, AgentLoginState, AgentPrompt, AgentResume, FirstStart, Manifest, ManifestEntry,
    ManifestEntryKind,
};

/// The known flags.
const FLAGS: &str = "fdjsopxgGR";
/// The directory on a volume reserved by ContainAI.
const RESERVED_DIRECTORY: &str = ".containai";

impl Manifest {
    /// Parses and validates a manifest.
    ///
    /// # Errors
    ///
    /// The first [`ManifestError`]: invalid TOML, unknown keys, and paths that leave the home
    /// directory or the volume.
    pub fn parse_strict(text: &str) -> Result<Self, ManifestError> {
        let document = Document::parse(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            ManifestError {
                line: line_number(text, start),
                kind: ManifestErrorKind::Syntax(message),
            }
        })?;
        let mut found = Vec::new();
        for (key, item) in document.as_table() {
            let kind = match key {
                "agent" => {
                    check_agent(text, item)?;
                    continue;
                }
                "login" => {
                    check_login(text, item)?;
                    continue;
                }
                "entries" => ManifestEntryKind::Import,
                "container_symlinks" => ManifestEntryKind::Symlink,
                _ => {
                    return Err(error_at(
                        text,
                        item,
                        ManifestErrorKind::UnknownKey(key.to_owned()),
                    ));
                }
            };
            let Some(tables) = item.as_array_of_tables() else {
                let expected = "an array of tables (`[[…]]`)";
                return Err(error_at(
                    text,
                    item,
                    ManifestErrorKind::WrongType { key: key.to_owned(), expected },
                ));
            };
            for table in tables {
                let start = table.span().map_or(0, |span| span.start);
                found.push((start, parse_entry(text, kind, table)?));
            }
        }
        found.sort_by_key(|(start, _)| *start);
        let entries = found.into_iter().map(|(_, entry)| entry).collect();
        Ok(Self { entries, ..Self::parse(text) })
    }
}

fn check_agent(text: &str, item: &Item) -> Result<(), ManifestError> {
    let wrong = |item: &Item, key: &str, expected| {
        Err(error_at(text, item, ManifestErrorKind::WrongType { key: key.to_owned(), expected }))
    };
    let Some(table) = item.as_table() else {
        return wrong(item, "agent", "a table");
    };
    for (key, item) in table {
        let is_texts = |item: &Item| {
            item.as_array().is_some_and(|array| array.iter().all(|value| value.is_str()))
        };
        match key {
            "name" | "binary" if !item.is_str() => return wrong(item, key, "a string"),
            "default_args" | "subcommands" | "aliases" if !is_texts(item) => {
                return wrong(item, key, "an array of strings");
            }
            "name" | "aliases" if !strings(item).all(is_command_name) => {
                return wrong(item, key, "made of letters, digits, `.`, `_` and `-`");
            }
            "optional" if !item.is_bool() => return wrong(item, key, "`true` or `false`"),
            "acp" => {
                if let Some((key, expected)) = AgentAcp::problem(item) {
                    return wrong(item, key, expected);
                }
            }
            AgentResume::KEY if !AgentResume::is_valid(item) => {
                return wrong(item, key, "a table with an array of strings `args`");
            }
            AgentResume::KEY => {}
            "name" | "binary" | "default_args" | "subcommands" | "aliases" | "optional" => {}
            "prompt" => AgentPrompt::check(item).map_err(|kind| error_at(text, item, kind))?,
            "login_state" => {
                AgentLoginState::check(item).map_err(|kind| error_at(text, item, kind))?;
            }
            "first_start" => FirstStart::check(item).map_err(|kind| error_at(text, item, kind))?,
            _ => return Err(error_at(text, item, ManifestErrorKind::UnknownKey(key.to_owned()))),
        }
    }
    match table.contains_key("name") {
        true => Ok(()),
        false => Err(error_at(text, item, ManifestErrorKind::MissingKey("name"))),
    }
}

fn check_login(text: &str, item: &Item) -> Result<(), ManifestError> {
    let wrong = |item: &Item, key: &str, expected| {
        Err(error_at(text, item, ManifestErrorKind::WrongType { key: key.to_owned(), expected }))
    };
    let Some(table) = item.as_table() else {
        return wrong(item, "login", "a table");
    };
    for (key, item) in table {
        match key {
            "name" if !strings(item).all(is_command_name) => {
                return wrong(item, key, "made of letters, digits, `.`, `_` and `-`");
            }
            "name" | "instruction" | "directory_variable" | "key_file" | "key_variable" => {
                if !item.is_str() {
                    return wrong(item, key, "a string");
                }
            }
            "command" | "device_command" | "variables" | "files" | "key_command" | "key_option" => {
                if item.as_array().is_none_or(|array| array.iter().any(|value| !value.is_str())) {
                    return wrong(item, key, "an array of strings");
                }
            }
            _ => return Err(error_at(text, item, ManifestErrorKind::UnknownKey(key.to_owned()))),
        }
    }
    for key in ["files", "key_file"] {
        let Some(item) = table.get(key) else { continue };
        let problem = strings(item).find_map(|path| Some((path, path_problem(path)?)));
        if let Some((path, reason)) = problem {
            let kind = ManifestErrorKind::InvalidPath { key, path: path.to_owned(), reason };
            return Err(error_at(text, item, kind));
        }
    }
    match table.contains_key("command") {
        true => Ok(()),
        false => Err(error_at(text, item, ManifestErrorKind::MissingKey("command"))),
    }
}

/// Returns the strings of a value: itself, or the items of an array.
fn strings(item: &Item) -> impl Iterator<Item = &str> {
    let several = item.as_array().into_iter().flatten().filter_map(|value| value.as_str());
    item.as_str().into_iter().chain(several)
}

/// Whether the word is usable as a file name and a command name.
fn is_command_name(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(is_plain)
}

fn parse_entry(
    text: &str,
    kind: ManifestEntryKind,
    table: &Table,
) -> Result<ManifestEntry, ManifestError> {
    let mut entry = ManifestEntry::new(kind);
    for (key, item) in table {
        let wrong = |expected| {
            error_at(text, item, ManifestErrorKind::WrongType { key: key.to_owned(), expected })
        };
        let flag = || item.as_bool().ok_or_else(|| wrong("`true` or `false`"));
        let value = || item.as_str().map(str::to_owned).ok_or_else(|| wrong("a string"));
        match key {
            "source" if kind == ManifestEntryKind::Import => entry.source = value()?,
            "target" => entry.target = value()?,
            "container_link" => entry.container_link = value()?,
            "flags" => entry.flags = value()?,
            "disabled" => entry.disabled = flag()?,
            "credential" => entry.credential = flag()?,
            _ => return Err(error_at(text, item, ManifestErrorKind::UnknownKey(key.to_owned()))),
        }
    }
    let start = table.span().map_or(0, |span| span.start);
    check_entry(&entry, table).map_err(|(key, mistake)| {
        let start = table.get(key).and_then(Item::span).map_or(start, |span| span.start);
        ManifestError { line: line_number(text, start), kind: mistake }
    })?;
    Ok(entry)
}

/// Checks an entry; the returned key locates the error.
fn check_entry(
    entry: &ManifestEntry,
    table: &Table,
) -> Result<(), (&'static str, ManifestErrorKind)> {
    let needed: &[&'static str] = match entry.kind {
        ManifestEntryKind::Import => &["source", "target", "flags"],
        ManifestEntryKind::Symlink => &["target", "container_link"],
    };
    for key in needed {
        if !table.contains_key(key) {
            return Err(("", ManifestErrorKind::MissingKey(key)));
        }
    }
    for (key, path) in [
        ("source", &entry.source),
        ("target", &entry.target),
        ("container_link", &entry.container_link),
    ] {
        let glob = entry.flags.contains('G') && key != "source";
        let path = if glob { path.trim_end_matches('/') } else { path };
        if !table.contains_key(key) {
            continue;
        }
        let reason = match path_problem(path) {
            None if key == "target" && path.split('/').next() == Some(RESERVED_DIRECTORY) => {
                Some("which is reserved by ContainAI")
            }
            reason => reason,
        };
        if let Some(reason) = reason {
            return Err((
                key,
                ManifestErrorKind::InvalidPath { key, path: path.to_owned(), reason },
            ));
        }
    }
    match flags_problem(&entry.flags) {
        Some(reason) if entry.kind == ManifestEntryKind::Import => {
            Err(("flags", ManifestErrorKind::Flags { flags: entry.flags.clone(), reason }))
        }
        _ => Ok(()),
    }
}

fn path_problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("which is empty");
    }
    if path.starts_with(['/', '~']) {
        return Some("which is absolute: use a path relative to the home directory or the volume");
    }
    if path.chars().any(char::is_control) {
        return Some("which contains a control character");
    }
    path.split('/')
        .any(|part| matches!(part, "" | "." | ".."))
        .then_some("which has a component that is empty, `.` or `..`")
}

fn flags_problem(flags: &str) -> Option<&'static str> {
    if flags.contains('m') {
        return Some("but `m` is not supported: an import never removes files");
    }
    if !flags.chars().all(|flag| FLAGS.contains(flag)) {
        return Some("which contains an unknown flag");
    }
    let kinds = flags.chars().filter(|flag| matches!(flag, 'f' | 'd' | 'G')).count();
    (kinds != 1).then_some("which must contain exactly one of `f`, `d` and `G`")
}

fn error_at(text: &str, item: &Item, mistake: ManifestErrorKind) -> ManifestError {
    let start = item.span().map_or(0, |span| span.start);
    ManifestError { line: line_number(text, start), kind: mistake }
}

fn line_number(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_result(text: &str) -> String {
        Manifest::parse_strict(text).map_or_else(|error| error.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn errors_report_their_line() {
        let check = |lines: &str, expected: &str| {
            let text = format!("# mine\n[[entries]]\n{lines}\n");
            assert_eq!(read_result(&text), expected, "{text}");
        };
        check("source = \".x\"\ntarget = \"x\"\nflags = \"f\"", "fine");
        check("source = \".x\"\nflags = \"f\"", "line 2: missing key `target`");
        check(
            "source = \".x\"\ntarget = \"../x\"\nflags = \"f\"",
            "line 4: `target` is `../x`, which has a component that is empty, `.` or `..`",
        );
        check(
            "source = \"/etc/shadow\"\ntarget = \"x\"\nflags = \"f\"",
            "line 3: `source` is `/etc/shadow`, which is absolute: use a path relative to the home directory or the volume",
        );
        check(
            "source = \".x\"\ntarget = \".containai/x\"\nflags = \"f\"",
            "line 4: `target` is `.containai/x`, which is reserved by ContainAI",
        );
        check(
            "source = \".x\"\ntarget = \"x\"\nflags = \"fdq\"",
            "line 5: `flags` is `fdq`, which contains an unknown flag",
        );
        check("sauce = \".x\"", "line 3: unknown key `sauce`");
        check("source = 1", "line 3: `source` must be a string");
        assert_eq!(read_result("[agent]\nbinary = \"x\"\n"), "line 1: missing key `name`");
        for (line, key) in [("name = \"../x\"", "name"), ("aliases = [\"a\", \"b c\"]", "aliases")]
        {
            let expected =
                format!("line 2: `{key}` must be made of letters, digits, `.`, `_` and `-`");
            assert_eq!(read_result(&format!("[agent]\n{line}\n")), expected);
        }
        assert!(read_result("a\n[[entries]").starts_with("line 1: "));
    }

    proptest! {
        #[test]
        fn accepted_paths_stay_inside_the_volume(path in "[a./~-]{0,8}", flags in "[fdjsG]{0,3}") {
            let text = format!("[[entries]]\nsource = \".x\"\ntarget = \"{path}\"\nflags = \"{flags}\"\n");
            if let Ok(manifest) = Manifest::parse_strict(&text) {
                for entry in manifest.entries {
                    let target = entry.target.trim_end_matches('/');
                    prop_assert!(!target.starts_with('/'));
                    prop_assert!(target.split('/').all(|part| !matches!(part, "" | "." | "..")));
                }
            }
        }
    }

    #[test]
    fn error_messages() {
        let samples = crate::samples!(ManifestErrorKind {
            Syntax: [ManifestErrorKind::Syntax("missing value".into())],
            UnknownKey: [ManifestErrorKind::UnknownKey("sauce".into())],
            MissingKey: [ManifestErrorKind::MissingKey("source")],
            WrongType: [ManifestErrorKind::WrongType {
                key: "source".into(),
                expected: "a string"
            }],
            InvalidPath: [ManifestErrorKind::InvalidPath {
                key: "target",
                path: "../x".into(),
                reason: "which contains `..`"
            }],
            Flags: [ManifestErrorKind::Flags {
                flags: "fd".into(),
                reason: "which must contain exactly one of `f`, `d` and `G`"
            }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
    }
}
