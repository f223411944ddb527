//! Files of the version that was a shell script which nobody reads any more.

use std::fs;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::{TemplateName, WorkspacePath};

use crate::context::Context;

const RULES: &str = "network.conf";

/// Warns of what lies in a workspace and in the template of its container and
/// is not followed, so that nobody counts on it.
pub(crate) fn tell_of_files(
    context: &Context,
    workspace: &WorkspacePath,
    template: Option<&TemplateName>,
) {
    let own = of_workspace(workspace.as_path(), &context.env.layout);
    let templates = template.and_then(|name| of_template(&context.env.layout.template(name)));
    for text in own.into_iter().chain(templates) {
        context.reporter.warn(&text);
    }
}

/// What of a template is not followed.
pub fn of_template(directory: &Path) -> Option<String> {
    rules(&directory.join(RULES))
}

fn of_workspace(workspace: &Path, layout: &Layout) -> Vec<String> {
    let directory = workspace.join(".containai");
    let hooks = directory.join("hooks/startup.d");
    let has_hooks = fs::read_dir(&hooks).is_ok_and(|mut entries| entries.next().is_some());
    let hooks = has_hooks.then(|| {
        let (path, place) = (hooks.display(), layout.startup_hooks());
        format!("nothing in `{path}` is run; hooks that you trust go to `{}`", place.display())
    });
    hooks.into_iter().chain(rules(&directory.join(RULES))).collect()
}

fn rules(path: &Path) -> Option<String> {
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
    fn what_is_not_followed_is_told() -> anyhow::Result<()> {
        let place = tempfile::TempDir::new()?;
        let layout = Layout::new(Path::new("/home/me"), None, None);
        assert_eq!(of_workspace(place.path(), &layout), [""; 0]);
        assert_eq!(of_template(place.path()), None);
        fs::create_dir_all(place.path().join(".containai/hooks/startup.d"))?;
        assert_eq!(of_workspace(place.path(), &layout), [""; 0], "it is empty");
        fs::write(place.path().join(".containai/hooks/startup.d/10-a"), "")?;
        fs::write(place.path().join(".containai/network.conf"), "[egress]\n")?;
        fs::write(place.path().join("network.conf"), "[egress]\n")?;
        let told = of_workspace(place.path(), &layout).join("\n");
        let told = [told, of_template(place.path()).unwrap_or_default()].join("\n");
        let shown = place.path().display().to_string();
        insta::assert_snapshot!(told.replace(&shown, "/w"), @r"
        nothing in `/w/.containai/hooks/startup.d` is run; hooks that you trust go to `/home/me/.config/containai/hooks/startup.d`
        `/w/.containai/network.conf` is not followed: containers use the network as any program of yours; limit them with the host's firewall, at the engine's bridge
        `/w/network.conf` is not followed: containers use the network as any program of yours; limit them with the host's firewall, at the engine's bridge
        ");
        Ok(())
    }
}
