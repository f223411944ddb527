//! Screening of a file before it is imported.

use super::allowed::AllowedSecret;
use super::file_format::FileFormat;
use super::file_origin::{FileOrigin, is_secret_store};
use super::key_path::KeyPath;
use super::phrase::{self, Strictness};
use super::secret_filter::SecretFilter;
use super::value::is_certain;
use super::{ini, json, plain, shell, toml, yaml};

/// The number of bytes that are checked for NUL to recognize binary files.
const SNIFF_BYTES: usize = 8 << 10;
/// The magic of SQLite databases, which are searched for known tokens.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
/// A file with more secrets is a secret store and is withheld.
const MAX_REMOVED_KEYS: usize = 500;

/// A file to screen.
#[derive(Clone, Copy, Debug)]
pub struct Screening<'a> {
    /// The file's path below the home directory.
    pub path: &'a str,
    /// Its path on the volume.
    pub target: &'a str,
    /// The secrets that the user allows.
    pub allowed: &'a [AllowedSecret],
}

/// The result of a screening.
#[derive(Clone, Eq, PartialEq)]
pub enum Screened {
    /// No secrets: import the file as it is.
    Clean,
    /// Import the edited content.
    Edited {
        /// The file without the secrets.
        content: Vec<u8>,
        /// The keys that were removed.
        keys: Vec<String>,
    },
    /// Withhold the file.
    Withheld {
        /// The keys of the secrets; empty if the file itself is a secret.
        keys: Vec<String>,
    },
}

/// Omits the content of the file.
impl std::fmt::Debug for Screened {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Clean => formatter.write_str("Clean"),
            Self::Edited { keys, .. } => write!(formatter, "Edited({keys:?})"),
            Self::Withheld { keys } => write!(formatter, "Withheld({keys:?})"),
        }
    }
}

/// Screens a file. Binary files are judged by their name only; databases are also
/// searched for known tokens.
#[must_use]
pub fn screen(screening: Screening<'_>, bytes: &[u8]) -> Screened {
    let Screening { path, target, allowed } = screening;
    let allowed: Vec<_> = allowed.iter().filter(|allowed| allowed.applies_to(path)).collect();
    if allowed.iter().any(|allowed| allowed.allows_whole_file()) {
        return Screened::Clean;
    }
    if is_secret_store(path) && !bytes.is_empty() {
        return Screened::Withheld { keys: Vec::new() };
    }
    let text = String::from_utf8_lossy(bytes);
    if bytes.iter().take(SNIFF_BYTES).any(|&byte| byte == 0) {
        let is_held_back = bytes.starts_with(SQLITE_MAGIC) && is_certain(&text);
        let keys = vec!["database".to_owned()];
        return if is_held_back { Screened::Withheld { keys } } else { Screened::Clean };
    }
    let mut filter = SecretFilter::new(FileOrigin::of(path), allowed);
    let is_exact = matches!(text, std::borrow::Cow::Borrowed(_));
    let format = FileFormat::detect(path, &text);
    let edited = match format {
        FileFormat::Json => json::edit(&text, target, &mut filter),
        FileFormat::Toml => toml::edit(&text, target, &mut filter),
        FileFormat::Yaml => yaml::edit(&text, &mut filter),
        FileFormat::Ini => ini::edit(&text, &mut filter),
        FileFormat::Shell => shell::edit(&text, shell::ShellFileKind::Commands, &mut filter),
        FileFormat::Environment => shell::edit(&text, shell::ShellFileKind::Values, &mut filter),
        FileFormat::Plain => plain::scan(&text, &mut filter),
    };
    let edited = edited.and_then(|edited| remove_secret_comments(&edited, format, &mut filter));
    match edited {
        Some(_) if filter.keys.is_empty() => Screened::Clean,
        Some(content) if is_exact && filter.keys.len() <= MAX_REMOVED_KEYS => {
            Screened::Edited { content: content.into_bytes(), keys: filter.keys }
        }
        _ => Screened::Withheld { keys: filter.keys },
    }
}

/// Removes comments with secrets; `None` if a secret remains that the format cannot
/// explain.
fn remove_secret_comments(
    text: &str,
    format: FileFormat,
    filter: &mut SecretFilter<'_>,
) -> Option<String> {
    let allowed_values = filter.allowed_values.clone();
    let masked = |line: &str| {
        let allowed_values = allowed_values.iter().filter(|value| value.len() > 3);
        allowed_values.fold(line.to_owned(), |line, value| line.replace(value.as_str(), ""))
    };
    let whole = masked(text);
    if format == FileFormat::Plain || !is_suspect(&whole) {
        return Some(text.to_owned());
    }
    let mut kept = String::new();
    let mut removed = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is_comment = match format {
            FileFormat::Json => line.trim_start().starts_with("//"),
            _ => line.trim_start().starts_with(['#', ';']),
        };
        if is_comment && is_suspect(&masked(line)) {
            removed.push(KeyPath::line(number + 1));
        } else {
            kept.push_str(line);
        }
    }
    for path in removed {
        filter.record(&path, "");
    }
    if is_certain(&masked(&kept)) {
        filter.record(&KeyPath::of("text"), "");
        return None;
    }
    Some(kept)
}

fn is_suspect(text: &str) -> bool {
    is_certain(text)
        || text.lines().any(|line| {
            line.trim_start().starts_with(['#', ';', '/'])
                && phrase::has_secret(line, Strictness::RandomOnly)
        })
}

#[cfg(test)]
mod tests;
