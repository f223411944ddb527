//! File formats.

/// The format of a file, as far as it matters for editing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileFormat {
    Json,
    Toml,
    Yaml,
    /// Sections and `key = value`: git, npm, `.properties`.
    Ini,
    /// Start-up files of shells.
    Shell,
    /// `NAME=value` lines without commands.
    Environment,
    /// Any other text.
    Plain,
}

const SHELL_FILES: &[&str] = &[
    ".zshrc",
    ".zprofile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".profile",
    ".bashrc",
    ".bash_aliases",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".kshrc",
    ".envrc",
    ".xprofile",
    ".aliases",
];
const INI_FILES: &[&str] = &[
    ".gitconfig",
    ".npmrc",
    ".pypirc",
    ".hgrc",
    ".my.cnf",
    ".s3cfg",
    ".boto",
    ".wgetrc",
    ".curlrc",
    ".editorconfig",
    "credentials",
    "rclone.conf",
    "pip.conf",
    ".condarc.ini",
];

/// Returns whether a path is that of a start-up file of a shell.
pub(in crate::import) fn is_shell_file(path: &str) -> bool {
    FileFormat::detect(path, "") == FileFormat::Shell
}

impl FileFormat {
    /// Detects the format from the path, or else from the beginning of the text.
    pub(super) fn detect(path: &str, text: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = name.to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        let directory = directory.rsplit('/').next().unwrap_or_default();
        if name == ".env" || name.starts_with(".env.") || end == "env" {
            return Self::Environment;
        }
        if SHELL_FILES.contains(&name.as_str())
            || directory == ".bashrc.d"
            || directory == "zshrc.d"
        {
            return Self::Shell;
        }
        if INI_FILES.contains(&name.as_str())
            || name == "config" && matches!(directory, ".git" | "git" | ".aws")
        {
            return Self::Ini;
        }
        match end {
            "json" | "jsonc" | "json5" | "code-workspace" | "ipynb" => Self::Json,
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            "ini" | "cfg" | "cnf" | "properties" | "gitconfig" => Self::Ini,
            "sh" | "bash" | "zsh" | "ksh" => Self::Shell,
            _ if text.starts_with("#!") => {
                let first = text.lines().next().unwrap_or_default();
                if first.ends_with("sh") { Self::Shell } else { Self::Plain }
            }
            "" if text.trim_start().starts_with('{') => Self::Json,
            _ => Self::Plain,
        }
    }
}
