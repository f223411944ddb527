//! Editors that work over SSH.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::ValueEnum;
use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::naming::SshAlias;
use containai_ssh::quote;

/// An editor that works over SSH.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Editor {
    /// VS Code
    Code,
    /// Cursor
    Cursor,
    /// Zed
    Zed,
    /// JetBrains, by Gateway
    Idea,
}

impl Editor {
    /// The one that was named, else the first one that is there, with its
    /// program; `find` looks for a program.
    pub(crate) fn choose(
        named: Option<Self>,
        find: impl Fn(&str) -> Option<PathBuf>,
    ) -> (Self, Option<PathBuf>) {
        let program = |editor: Self| editor.programs().iter().find_map(|name| find(name));
        match named {
            Some(editor) => (editor, program(editor)),
            None => {
                let all = Self::value_variants().iter().copied();
                let mut there = all.filter_map(|editor| Some((editor, Some(program(editor)?))));
                there.next().unwrap_or((Self::Code, None))
            }
        }
    }

    /// What its program is called, the usual name first.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["code"],
            Self::Cursor => &["cursor"],
            Self::Zed => &["zed", "zeditor"],
            Self::Idea => &["jetbrains-gateway", "gateway"],
        }
    }

    pub(crate) fn program(self) -> &'static str {
        self.programs().first().copied().unwrap_or_default()
    }

    /// What the editor is started with.
    pub(crate) fn arguments(self, alias: &SshAlias, port: u16) -> Vec<String> {
        let folder = CONTAINER_WORKSPACE;
        match self {
            Self::Code | Self::Cursor => {
                vec!["--remote".to_owned(), format!("ssh-remote+{alias}"), folder.to_owned()]
            }
            Self::Zed => vec![format!("ssh://{alias}{folder}")],
            // Gateway reads `~/.ssh/config`, which knows the key.
            Self::Idea => vec![format!(
                "jetbrains-gateway://connect#host={alias}&port={port}&user=agent&type=ssh\
                 &deploy=true&projectPath={folder}"
            )],
        }
    }
}

/// Starts the editor and leaves it alone.
pub(crate) fn start(program: &Path, words: &[String]) -> anyhow::Result<()> {
    Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{}`", program.display()))?;
    Ok(())
}

/// The command line as a shell reads it; what needs no quotes has none.
pub(crate) fn shell_line(program: &str, words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=@".contains(c);
    let word = |word: &String| match word.chars().all(is_plain) {
        true => word.clone(),
        false => String::from_utf8_lossy(&quote::word(word.as_bytes())).into_owned(),
    };
    let words = words.iter().map(word);
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use containai_core::naming::ContainerName;

    use super::*;

    #[test]
    fn first_installed_editor_is_used() {
        let find = |name: &str| (name == "zeditor").then(|| PathBuf::from("/usr/bin/zeditor"));
        assert_eq!(Editor::choose(None, find).0, Editor::Zed);
        assert_eq!(Editor::choose(Some(Editor::Idea), find), (Editor::Idea, None));
        assert_eq!(Editor::choose(None, |_| None), (Editor::Code, None));
    }

    #[test]
    fn command_lines() {
        let name = ContainerName::parse("api-main").expect("a name");
        let check = |editor: Editor| {
            shell_line(editor.program(), &editor.arguments(&SshAlias::of(&name), 2300))
        };
        insta::assert_snapshot!(check(Editor::Code), @"code --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Cursor), @"cursor --remote ssh-remote+containai-api-main /home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Zed), @"zed ssh://containai-api-main/home/agent/workspace");
        insta::assert_snapshot!(check(Editor::Idea), @"jetbrains-gateway 'jetbrains-gateway://connect#host=containai-api-main&port=2300&user=agent&type=ssh&deploy=true&projectPath=/home/agent/workspace'");
    }
}
