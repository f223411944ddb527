//! Files of the former shell script version that are no longer read.

use std::fs;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::{TemplateName, WorkspacePath};

use crate::context::Context;

const NETWORK_RULES: &str = "network.conf";

/// Warns about legacy files in a workspace and in the template of its container, which have no
/// effect.
pub(crate) fn warn_about_legacy_files(
    context: &Context,
    workspace: &WorkspacePath,
    template: Option<&TemplateName>,
) {
    let warnings = workspace_warnings(workspace.as_path(), &context.env.layout);
    let template = template.and_then(|name| template_warning(&context.env.layout.template(name)));
    for text in warnings.into_iter().chain(template) {
        context.reporter.warn(&text);
    }
}

/// Returns the warning about a legacy file in a template; `None` if it has none.
pub fn template_warning(directory: &Path) -> Option<String> {
    network_rules_warning(&directory.join(NETWORK_RULES))
}

fn workspace_warnings(workspace: &Path, layout: &Layout) -> Vec<String> {
    let directory = workspace.join(".containai");
    let hooks = directory.join("hooks/startup.d");
    let has_hooks = fs::read_dir(&hooks).is_ok_and(|mut entries| entries.next().is_some());
    let hooks = has_hooks.then(|| {
        let (path, trusted) = (hooks.display(), layout.startup_hooks());
        format!(
            "hooks in `{path}` are not run; move hooks that you trust to `{}`",
            trusted.display()
        )
    });
    hooks.into_iter().chain(network_rules_warning(&directory.join(NETWORK_RULES))).collect()
}

fn network_rules_warning(path: &Path) -> Option<String> {
    fs::symlink_metadata(path).ok()?;
    let path = path.display();
    Some(format!(
        "`{path}` has no effect: containers have the same network access as your other programs; restrict them with the host's firewall at the engine's bridge"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_are_reported() -> anyhow::Result<()> {
        let directory = tempfile::TempDir::new()?;
        let layout = Layout::new(Path::new("/home/me"), None, None);
        assert_eq!(workspace_warnings(directory.path(), &layout), [""; 0]);
        assert_eq!(template_warning(directory.path()), None);
        fs::create_dir_all(directory.path().join(".containai/hooks/startup.d"))?;
        assert_eq!(
            workspace_warnings(directory.path(), &layout),
            [""; 0],
            "the directory is empty"
        );
        fs::write(directory.path().join(".containai/hooks/startup.d/10-a"), "")?;
        fs::write(directory.path().join(".containai/network.conf"), "[egress]\n")?;
        fs::write(directory.path().join("network.conf"), "[egress]\n")?;
        let warnings = workspace_warnings(directory.path(), &layout).join("\n");
        let warnings =
            [warnings, template_warning(directory.path()).unwrap_or_default()].join("\n");
        let shown = directory.path().display().to_string();
        insta::assert_snapshot!(warnings.replace(&shown, "/w"), @r"
        hooks in `/w/.containai/hooks/startup.d` are not run; move hooks that you trust to `/home/me/.config/containai/hooks/startup.d`
        `/w/.containai/network.conf` has no effect: containers have the same network access as your other programs; restrict them with the host's firewall at the engine's bridge
        `/w/network.conf` has no effect: containers have the same network access as your other programs; restrict them with the host's firewall at the engine's bridge
        ");
        Ok(())
    }
}
