//! What is wanted of what is there.

use containai_core::config::{IsolationChoice, Origin};
use containai_core::engine::{Isolation, LinkedRepository};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Observed, RunOptions};
use containai_core::resources::HostCapacity;
use containai_docker::{DockerEngine, refuse_mounts};

use super::{SessionRequest, SetupConsent};
use crate::desired::{desired, local_capacity};
use crate::error::OperationError;
use crate::image_selection::ImageSelection;
use crate::workspace::ProtectedPathUse;
use crate::{git, remote_engine, workspace, worktree};

impl SessionRequest {
    /// What a new container would be made of. Where there is one already, what
    /// cannot be built is no reason not to enter it.
    pub(crate) fn select_image(&self, observed: &Observed) -> crate::Result<ImageSelection> {
        if self.setup_consent == SetupConsent::Never {
            return Ok(ImageSelection::without_layers(&self.context.config));
        }
        match ImageSelection::from_config(&self.context, self.workspace()) {
            Err(error)
                if self.replaced_container(observed).is_none()
                    && self.exists(observed)
                    && !self.is_image_explicit() =>
            {
                self.context.reporter.warn(&format!("a new container could not be made: {error}"));
                Ok(ImageSelection::without_layers(&self.context.config))
            }
            image => image,
        }
    }

    /// Whether what a container is made of was named just now.
    fn is_image_explicit(&self) -> bool {
        let config = &self.context.config;
        let is_flag = |origin: &Origin| matches!(origin, Origin::Flag(_));
        is_flag(&config.template.origin) || is_flag(&config.devcontainer.origin)
    }

    /// What the user wants; the isolation matters only to a new container.
    pub(crate) async fn desired(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> crate::Result<Desired> {
        let outgoing = self.replaced_container(observed);
        let exists = outgoing.is_none() && self.exists(observed);
        let choice = self.context.config.isolation.value;
        let isolation = match &self.context.record {
            Some(record) if exists || choice.allows(record.isolation) => record.isolation,
            None if exists => Isolation::Userns,
            Some(record) => return Err(isolation_mismatch(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(engine, choice)
                .await
                .map_err(|error| remote_engine::with_setup_hint(&self.context.address, error))?,
        };
        let capacity = match (&self.context.client, exists) {
            (Some(_), false) => engine.capacity().await?,
            _ => local_capacity(),
        };
        let mut wanted = self.desired_with(isolation, capacity);
        if !exists && wanted.client.is_none() {
            wanted.options.repository = self.linked_repository();
        }
        let wanted = self.options.apply(wanted, &self.context.config, outgoing);
        if !exists {
            // Nothing is stopped, built or planned for what cannot be made.
            self.check_new_workspace()?;
            refuse_mounts(&wanted.spec(observed, &wanted.name, wanted.ports.start()))?;
        }
        Ok(wanted)
    }

    pub(crate) fn desired_with(&self, isolation: Isolation, capacity: HostCapacity) -> Desired {
        let head = git::head(self.workspace());
        let wanted = desired(&self.context, self.workspace(), &head, isolation, capacity);
        let template = self.image.template.as_ref().map(ToString::to_string);
        Desired {
            image: self.image.image.clone(),
            template: template.unwrap_or_default(),
            options: RunOptions { mounts: self.image.mounts.clone(), ..wanted.options },
            ..wanted
        }
    }

    /// Looks at a workspace that is to get a container, however it was found.
    fn check_new_workspace(&self) -> Result<(), OperationError> {
        let (env, caution) = (&self.context.env, self.options.protected_paths);
        // A command that only enters makes none, and says so itself.
        match caution == ProtectedPathUse::Refuse || self.setup_consent != SetupConsent::Never {
            true => workspace::check_new(self.workspace(), env, &self.context.reporter, caution),
            false => Ok(()),
        }
    }

    /// The repository that the workspace is a worktree of. Why git will not work
    /// inside is no reason not to go there.
    fn linked_repository(&self) -> Option<LinkedRepository> {
        match worktree::linked_repository(self.workspace(), &self.context.env.layout) {
            Ok(repository) => repository,
            Err(error) => {
                self.context.reporter.warn(&format!("git will not work inside: {error}"));
                None
            }
        }
    }
}

fn isolation_mismatch(recorded: Isolation, wanted: IsolationChoice) -> OperationError {
    OperationError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(
        Hint::run(
            &format!("cai setup --isolation {wanted}"),
            "change it; containers of the other isolation are then out of sight",
        ),
    )
}
