//! Files of the version that was a shell script which nobody reads any more.

use std::fs;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::{TemplateName, WorkspacePath};

use crate::context::Context;

const NETWORK_RULES: &str = "network.conf";

/// Warns of what lies in a workspace and in the template of its container and
/// is not followed, so that nobody counts on it.
pub(crate) fn warn_about_legacy_files(
    context: &Context,
    workspace: &WorkspacePath,
    template: Option<&TemplateName>,
) {
    let own = workspace_warnings(workspace.as_path(), &context.env.layout);
    let templates = template.and_then(|name| template_warning(&context.env.layout.template(name)));
    for text in own.into_iter().chain(templates) {
        context.reporter.warn(&text);
    }
}

/// What of a template is not followed.
pub fn template_warning(directory: &Path) -> Option<String> {
    network_rules_warning(&directory.join(NETWORK_RULES))
}

fn workspace_warnings(workspace: &Path, layout: &Layout) -> Vec<String> {
    let directory = workspace.join(".containai");
    let hooks = directory.join("hooks/startup.d");
    let has_hooks = fs::read_dir(&hooks).is_ok_and(|mut entries| entries.next().is_some());
    let hooks = has_hooks.then(|| {
        let (path, place) = (hooks.display(), layout.startup_hooks());
        format!("nothing in `{path}` is run; hooks that you trust go to `{}`", place.display())
    });
    hooks.into_iter().chain(network_rules_warning(&directory.join(NETWORK_RULES))).collect()
}

fn network_rules_warning(path: &Path) -> Option<String> {
    fs::symlink_metadata(path).ok()?;
    let path = path.display();
    Some(format!(
        "`{path}` is not followed: containers use the network as any program of yours; limit them with the host's firewall, at the engine's bridge"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_are_reported() -> anyhow::Result<()> {
        let place = tempfile::TempDir::new()?;
        let layout = Layout::new(Path::new("/home/me"), None, None);
        assert_eq!(workspace_warnings(place.path(), &layout), [""; 0]);
        assert_eq!(template_warning(place.path()), None);
        fs::create_dir_all(place.path().join(".containai/hooks/startup.d"))?;
        assert_eq!(workspace_warnings(place.path(), &layout), [""; 0], "it is empty");
        fs::write(place.path().join(".containai/hooks/startup.d/10-a"), "")?;
        fs::write(place.path().join(".containai/network.conf"), "[egress]\n")?;
        fs::write(place.path().join("network.conf"), "[egress]\n")?;
        let told = workspace_warnings(place.path(), &layout).join("\n");
        let told = [told, template_warning(place.path()).unwrap_or_default()].join("\n");
        let shown = place.path().display().to_string();
        insta::assert_snapshot!(told.replace(&shown, "/w"), @r"
        nothing in `/w/.containai/hooks/startup.d` is run; hooks that you trust go to `/home/me/.config/containai/hooks/startup.d`
        `/w/.containai/network.conf` is not followed: containers use the network as any program of yours; limit them with the host's firewall, at the engine's bridge
        `/w/network.conf` is not followed: containers use the network as any program of yours; limit them with the host's firewall, at the engine's bridge
        ");
        Ok(())
    }
}
