//! Settings shadowed by a source of higher precedence.

use std::fmt;

use super::{Config, Origin, SettingSpec};

/// A setting that was set but has another effective value, because a source of higher precedence
/// sets it too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shadowed {
    /// The setting.
    pub key: &'static str,
    /// The origin of the effective value.
    pub by: Origin,
}

impl Shadowed {
    /// Returns the source that shadows the user's file, or its table for the workspace; `config` is
    /// the configuration of that workspace.
    pub(super) fn detect(spec: &SettingSpec, is_section: bool, config: &Config) -> Option<Self> {
        let listed = config.list().into_iter().find(|listed| listed.spec.key == spec.key)?;
        let is_effective = match listed.origin {
            Origin::User(_) => !is_section,
            Origin::UserSection(_) => is_section,
            // A value equal to the default may be reported as unset.
            Origin::Default => true,
            _ => false,
        };
        (!is_effective).then_some(Self { key: listed.spec.key, by: listed.origin })
    }
}

impl fmt::Display for Shadowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is set, but ", self.key)?;
        match &self.by {
            Origin::Flag(name) => write!(f, "the flag `{name}`")?,
            Origin::Environment(name) => write!(f, "the variable `{name}`")?,
            Origin::Remembered(_) => f.write_str("the value remembered for this workspace")?,
            Origin::UserSection(path) => {
                write!(f, "the table for this workspace in `{}`", path.display())?;
            }
            Origin::Workspace(path) | Origin::User(path) => write!(f, "`{}`", path.display())?,
            Origin::Default => f.write_str("its default")?,
        }
        f.write_str(" overrides it here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ChangeTarget, ConfigLayers, Environment, FileText, SettingChange};
    use crate::naming::WorkspacePath;

    fn warning(key: &str, text: &str, area: &ChangeTarget, layers: &ConfigLayers) -> String {
        let change = SettingChange::set(key, &[text], area).expect("it is a value");
        let config = Config::resolve(layers).expect("the test's layers are right");
        change.shadowed(&config).map(|it| it.to_string()).unwrap_or_default()
    }

    fn layers(user: &str, own: &str, environment: &[(&'static str, &str)]) -> ConfigLayers {
        let file =
            |path: &str, text: &str| Some(FileText { path: path.into(), text: text.to_owned() });
        let find = |name: &str| environment.iter().find(|(known, _)| *known == name);
        ConfigLayers {
            workspace: WorkspacePath::new("/src/api").ok(),
            user_file: file("/c.toml", user),
            workspace_file: file("/src/api/.containai/config.toml", own),
            environment: Environment::read(|name| Some(find(name)?.1.to_owned())),
            ..ConfigLayers::default()
        }
    }

    #[test]
    fn shadowing_source_is_named() {
        let path = || WorkspacePath::new("/src/api").expect("a path");
        let (all, section) = (ChangeTarget::Global, ChangeTarget::Section(path()));
        let user = "image = 'base'\nagent.default = 'codex'\n";
        let both = "image = 'base'\n[workspace.'/src/api']\nimage = 'agents'\n";
        let variable = [("CONTAINAI_IMAGE", "full")];
        insta::assert_snapshot!(warning("image", "base", &all, &layers(user, "", &variable)), @"`image` is set, but the variable `CONTAINAI_IMAGE` overrides it here");
        insta::assert_snapshot!(warning("image", "base", &all, &layers(both, "", &[])), @"`image` is set, but the table for this workspace in `/c.toml` overrides it here");
        insta::assert_snapshot!(warning("image", "agents", &section, &layers(both, "", &variable)), @"`image` is set, but the variable `CONTAINAI_IMAGE` overrides it here");
        let own = "[agent]\ndefault = 'claude'\n";
        insta::assert_snapshot!(warning("agent.default", "codex", &all, &layers(user, own, &[])), @"`agent.default` is set, but `/src/api/.containai/config.toml` overrides it here");
        assert_eq!(warning("image", "base", &all, &layers(user, "", &[])), "");
        assert_eq!(warning("image", "agents", &section, &layers(both, "", &[])), "");
        assert_eq!(warning("agent.default", "claude", &all, &layers("", "", &[])), "");
    }
}
