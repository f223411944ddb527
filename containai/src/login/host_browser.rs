//! The browser of this machine.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use containai_core::browser_page::BrowserPage;

use crate::error::ResultExt as _;
use crate::process_env::ProcessEnv;

/// The place of the address in `BROWSER`.
const ADDRESS: &str = "%s";

/// The program that opens pages on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostBrowser {
    program: PathBuf,
    arguments: Vec<String>,
}

impl HostBrowser {
    /// Finds the program: the first installed one of `BROWSER`, else `xdg-open` if there is a
    /// display, else `wslview`. `None` if this machine shows no pages.
    #[must_use]
    pub fn find(env: &ProcessEnv) -> Option<Self> {
        let find = |name: &str| match name.contains('/') {
            true => Some(PathBuf::from(name)).filter(|path| path.is_file()),
            false => env.find_program(name),
        };
        let variable = |name: &str| env.variables.text(name).filter(|text| !text.is_empty());
        let has_display = variable("DISPLAY").or_else(|| variable("WAYLAND_DISPLAY")).is_some();
        Self::choose(variable("BROWSER").as_deref(), has_display.then_some("xdg-open"), find)
    }

    fn choose(
        variable: Option<&str>,
        desktop: Option<&str>,
        find: impl Fn(&str) -> Option<PathBuf>,
    ) -> Option<Self> {
        let chosen = variable.into_iter().flat_map(|text| text.split(':'));
        chosen.chain(desktop).chain(["wslview"]).find_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let program = find(&words.next()?)?;
            Some(Self { program, arguments: words.collect() })
        })
    }

    /// Starts the browser in the background. No shell reads the address.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub fn start(&self, page: &BrowserPage) -> crate::Result<()> {
        let has_place = self.arguments.iter().any(|word| word.contains(ADDRESS));
        let words = self.arguments.iter().map(|word| word.replace(ADDRESS, page.url()));
        Command::new(&self.program)
            .args(words)
            .args((!has_place).then(|| page.url()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.program.display()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variable: Option<&str>, desktop: Option<&str>, installed: &str) -> Option<String> {
        let find = |name: &str| (name == installed).then(|| PathBuf::from(name));
        let found = HostBrowser::choose(variable, desktop, find)?;
        Some(format!("{} {}", found.program.display(), found.arguments.join(" ")))
    }

    #[test]
    fn first_installed_browser_is_used() {
        let check = |variable, desktop, installed, expected: Option<&str>| {
            assert_eq!(chosen(variable, desktop, installed).as_deref(), expected);
        };
        check(Some("lynx:firefox --new-tab %s"), None, "firefox", Some("firefox --new-tab %s"));
        check(Some("lynx"), Some("xdg-open"), "xdg-open", Some("xdg-open "));
        check(None, None, "xdg-open", None);
        check(None, None, "wslview", Some("wslview "));
        check(Some(""), None, "firefox", None);
    }
}
