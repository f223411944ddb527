//! Logins of this machine, which stay here.

use std::fs;
use std::path::Path;

use containai_core::manifest::{AgentLogin, Manifest, shipped_manifests};

use crate::context::Context;
use crate::private_file;

/// The name of the notice.
const NOTICE: &str = "host-logins";

/// Reports once which of the logins that a new container could use exist on this machine only.
pub(crate) fn tell_once(context: &Context, is_usable: impl Fn(&AgentLogin) -> bool) {
    let layout = &context.env.layout;
    let notice = layout.notice(NOTICE);
    if notice.exists() {
        return;
    }
    let imported = &context.config.import_credentials.value;
    let is_left = |login: &AgentLogin| is_usable(login) && !imported.contains(&login.name);
    let names = logins_in(layout.home(), is_left);
    if let Some(text) = message(&names) {
        context.reporter.say(&text);
        // Without a record, the notice appears again.
        let _ = private_file::write(&notice, "");
    }
}

/// Returns the names of the logins that have a file with credentials in a home directory.
fn logins_in(home: &Path, is_usable: impl Fn(&AgentLogin) -> bool) -> Vec<String> {
    let has_file = |manifest: &Manifest| {
        let mut credentials = manifest.entries.iter().filter(|entry| entry.credential);
        credentials.any(|it| fs::metadata(home.join(&it.source)).is_ok_and(|data| data.len() > 0))
    };
    let found = shipped_manifests().into_iter().filter(has_file).filter_map(|it| it.login);
    found.filter(is_usable).map(|login| login.name).collect()
}

fn message(names: &[String]) -> Option<String> {
    let (last, others) = names.split_last()?;
    let (list, verb) = match others {
        [] => (format!("`{last}`"), "is"),
        others => (format!("`{}` and `{last}`", others.join("`, `")), "are"),
    };
    Some(format!(
        "{list} {verb} logged in here, and this stays here: `cai login {last}` logs in for containers, \
         `cai import --credentials {last}` copies a login"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(message(&[]), None);
        let one = message(&names(&["gh"])).expect("a message");
        assert!(one.starts_with("`gh` is logged in here"), "{one}");
        let all = message(&names(&["gh", "claude", "codex"])).expect("a message");
        assert!(all.starts_with("`gh`, `claude` and `codex` are logged in here"), "{all}");
    }

    #[test]
    fn files_with_credentials_count() {
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(home.path().join(".codex")).expect("it is ours");
        fs::write(home.path().join(".codex/config.toml"), "x").expect("it is ours");
        assert_eq!(logins_in(home.path(), |_| true), Vec::<String>::new());
        fs::write(home.path().join(".codex/auth.json"), "{}").expect("it is ours");
        assert_eq!(logins_in(home.path(), |_| true), ["codex"]);
        assert_eq!(logins_in(home.path(), |_| false), Vec::<String>::new());
    }
}
