//! Settings that a container loses when it is recreated.

use containai_core::config::Origin;
use containai_core::engine::{Container, Lifetime};
use containai_core::label;
use containai_core::lifecycle::Desired;

use super::ResolvedWorkspace;

impl ResolvedWorkspace {
    /// Reports settings of the replaced container that came from flags of the command that
    /// created it, and that the new container does not get.
    pub(crate) async fn warn_lost_settings(&self, desired: &Desired) -> crate::Result<()> {
        let Some(old) = &self.replaced else { return Ok(()) };
        if desired.options.lifetime == Lifetime::Session || old.labels.is_ephemeral() {
            return Ok(());
        }
        self.warn_lost_limits(old, desired).await?;
        if let Some((has, gets)) = self.changed_image(old, desired) {
            self.context.reporter.warn(&format!(
                "{}: the new container is created from {gets}, not from {has}; `cai config set` makes a choice permanent",
                old.name
            ));
        }
        Ok(())
    }

    async fn warn_lost_limits(&self, old: &Container, desired: &Desired) -> crate::Result<()> {
        let config = &self.context.config;
        let has = self.engine.limits(&old.id).await?;
        let (has_memory, has_cpus) =
            (has.memory.map(|it| it.to_string()), has.cpus.map(|it| it.to_string()));
        let new = &desired.resources;
        let limits = [
            ("memory", has_memory, new.memory.to_string(), &config.memory_limit.origin),
            ("cpus", has_cpus, new.cpus.to_string(), &config.cpu_limit.origin),
        ];
        for (what, has, gets, origin) in limits {
            let is_flag = matches!(origin, Origin::Flag(_));
            if let Some(has) = has.filter(|has| *has != gets && !is_flag) {
                self.context.reporter.warn(&format!(
                    "{}: the new container gets {gets} of {what}, not {has}; `cai resources --{what} {has}` sets and remembers it",
                    old.name
                ));
            }
        }
        Ok(())
    }

    /// Returns the sources of the old and the new image if they differ and no flag selects the
    /// new one. Versions of one image are the same source.
    fn changed_image(&self, old: &Container, desired: &Desired) -> Option<(String, String)> {
        let config = &self.context.config;
        let origins = [&config.image.origin, &config.template.origin, &config.devcontainer.origin];
        let is_from_devcontainer = old.labels.get(label::DEVCONTAINER).is_some();
        let is_explicit = origins.iter().any(|origin| matches!(origin, Origin::Flag(_)));
        if is_explicit || self.image.devcontainer.is_some() {
            return None;
        }
        if is_from_devcontainer {
            return Some(("`devcontainer.json`".to_owned(), format!("`{}`", desired.image)));
        }
        let template = |name: &str| format!("the template `{name}`");
        let had = old.labels.get(label::TEMPLATE).unwrap_or_default();
        match (had, desired.template.as_str()) {
            ("", "") => {
                let (has, gets) = (short_image_name(&old.image), desired.image.to_string());
                (has != short_image_name(&gets))
                    .then(|| (format!("`{has}`"), format!("`{}`", short_image_name(&gets))))
            }
            (has, gets) if has == gets => None,
            ("", gets) => Some((format!("`{}`", short_image_name(&old.image)), template(gets))),
            (has, "") => Some((template(has), format!("`{}`", desired.image))),
            (has, gets) => Some((template(has), template(gets))),
        }
    }
}

/// Returns `agents` for `containai/agents:0123`, and other references without their tag.
fn short_image_name(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let tag = name.find(':').map_or(0, |at| name.len() - at);
    let name = &reference[..reference.len() - tag];
    let shipped = ["base", "agents", "sdks", "full"];
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_shipped_name = name.rsplit('/').nth(1).is_none_or(|it| it == "containai");
    if is_shipped_name && shipped.contains(&last) { last.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_versions_share_a_short_name() {
        for (reference, expected) in [
            ("containai/base:0123", "base"),
            ("ghcr.io/org/containai/agents:1.2", "agents"),
            ("base", "base"),
            ("debian:12", "debian"),
            ("registry:5000/debian", "registry:5000/debian"),
            ("example.org/base:1", "example.org/base"),
        ] {
            assert_eq!(short_image_name(reference), expected, "{reference}");
        }
    }
}
