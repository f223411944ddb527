//! What a container that is made anew had, and the new one will not have.

use containai_core::config::Origin;
use containai_core::engine::{Container, Lifetime};
use containai_core::label;
use containai_core::lifecycle::{Desired, Observed};
use containai_docker::DockerEngine;

use super::SessionRequest;

impl SessionRequest {
    /// Says what was chosen for the old container alone, by a flag of the command that made
    /// it, and is not what a new one gets.
    pub(crate) async fn warn_lost_settings(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
    ) -> crate::Result<()> {
        let is_old = |it: &&Container| Some(&it.id) == wanted.options.recreate.as_ref();
        let Some(old) = observed.containers.iter().find(is_old) else { return Ok(()) };
        if wanted.options.lifetime == Lifetime::Session || old.labels.is_ephemeral() {
            return Ok(());
        }
        let config = &self.context.config;
        let has = engine.limits(&old.id).await?;
        let limits = [
            ("memory", has.memory.map(|it| it.to_string()), wanted.resources.memory.to_string()),
            ("cpus", has.cpus.map(|it| it.to_string()), wanted.resources.cpus.to_string()),
        ];
        let is_flag = |what: &str| match what {
            "memory" => matches!(config.memory_limit.origin, Origin::Flag(_)),
            _ => matches!(config.cpu_limit.origin, Origin::Flag(_)),
        };
        for (what, has, gets) in limits {
            if let Some(has) = has.filter(|has| *has != gets && !is_flag(what)) {
                self.context.reporter.warn(&format!(
                    "{}: the new container gets {gets} of {what}, not {has}; `cai resources --{what} {has}` makes it so and is remembered",
                    old.name
                ));
            }
        }
        if let Some((has, gets)) = self.changed_image(old, wanted) {
            self.context.reporter.warn(&format!(
                "{}: the new container is made of {gets}, not of {has}; `cai config set` makes a choice last",
                old.name
            ));
        }
        Ok(())
    }

    /// What both are made of, where that differs and nobody named it just now. Another
    /// version of an image is none.
    fn changed_image(&self, old: &Container, wanted: &Desired) -> Option<(String, String)> {
        let config = &self.context.config;
        let origins = [&config.image.origin, &config.template.origin, &config.devcontainer.origin];
        let is_of_file = old.labels.get(label::DEVCONTAINER).is_some();
        let is_named = origins.iter().any(|origin| matches!(origin, Origin::Flag(_)));
        if is_named || self.image.devcontainer.is_some() {
            return None;
        }
        if is_of_file {
            return Some(("`devcontainer.json`".to_owned(), format!("`{}`", wanted.image)));
        }
        let template = |name: &str| format!("the template `{name}`");
        let had = old.labels.get(label::TEMPLATE).unwrap_or_default();
        match (had, wanted.template.as_str()) {
            ("", "") => {
                let (has, gets) = (short_image_name(&old.image), wanted.image.to_string());
                (has != short_image_name(&gets))
                    .then(|| (format!("`{has}`"), format!("`{}`", short_image_name(&gets))))
            }
            (has, gets) if has == gets => None,
            ("", gets) => Some((format!("`{}`", short_image_name(&old.image)), template(gets))),
            (has, "") => Some((template(has), format!("`{}`", wanted.image))),
            (has, gets) => Some((template(has), template(gets))),
        }
    }
}

/// `agents` of `containai/agents:0123`; other references without their tag.
fn short_image_name(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let tag = name.find(':').map_or(0, |at| name.len() - at);
    let name = &reference[..reference.len() - tag];
    let shipped = ["base", "agents", "sdks", "full"];
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_ours = name.rsplit('/').nth(1).is_none_or(|it| it == "containai");
    if is_ours && shipped.contains(&last) { last.to_owned() } else { name.to_owned() }
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
