//! The restart policy of a workspace's container.

use containai_core::config::Origin;
use containai_core::engine::{Container, RestartPolicy};
use containai_core::lifecycle::Desired;

use super::ResolvedWorkspace;

impl ResolvedWorkspace {
    /// Returns the restart policy of a new container. One that replaces another keeps its policy,
    /// unless one is requested.
    pub(crate) async fn restart_policy(&self) -> crate::Result<RestartPolicy> {
        let requested = &self.context.config.restart;
        Ok(match &self.replaced {
            Some(old) if requested.origin == Origin::Default => {
                self.engine.restart_policy(&old.id).await?
            }
            _ => requested.value,
        })
    }

    /// Gives the existing container the requested restart policy: other than for most settings,
    /// the container need not be recreated.
    pub(crate) async fn apply_restart_policy(&self, desired: &Desired) -> crate::Result<()> {
        if let Some((container, policy)) = self.changed_policy(desired).await? {
            self.engine.set_restart_policy(&container.id, policy).await?;
            let name = &container.name;
            self.context.reporter.say(&format!("{name}: its restart policy is now `{policy}`"));
        }
        Ok(())
    }

    /// Describes what [`Self::apply_restart_policy`] would do.
    pub(crate) async fn restart_policy_note(
        &self,
        desired: &Desired,
    ) -> crate::Result<Option<String>> {
        let changed = self.changed_policy(desired).await?;
        Ok(changed.map(|(container, policy)| {
            format!("{}: its restart policy is changed to `{policy}`", container.name)
        }))
    }

    /// Returns the existing container and its new policy; `None` if it does not change, or none is
    /// requested.
    async fn changed_policy(
        &self,
        desired: &Desired,
    ) -> crate::Result<Option<(&Container, RestartPolicy)>> {
        let requested = &self.context.config.restart;
        let serving = self.observed.serving(&self.path);
        let [container] = serving.as_slice() else { return Ok(None) };
        let is_kept = desired.options.recreate.is_none() && !container.labels.is_ephemeral();
        if requested.origin == Origin::Default || !is_kept {
            return Ok(None);
        }
        let actual = self.engine.restart_policy(&container.id).await?;
        Ok((actual != requested.value).then_some((*container, requested.value)))
    }
}
