//! What is wanted of what is there.

use containai_core::config::{IsolationChoice, Origin};
use containai_core::engine::{Isolation, LinkedRepository};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Manner, Observed};
use containai_core::resources::HostCapacity;
use containai_docker::{DockerEngine, refuse_mounts};

use super::{Consent, Entrance};
use crate::desired::{desired, local_capacity};
use crate::error::OperationError;
use crate::wanted_image::WantedImage;
use crate::workspace::Caution;
use crate::{elsewhere, git, workspace, worktree};

impl Entrance {
    /// What a new container would be made of. Where there is one already, what
    /// cannot be built is no reason not to enter it.
    pub(crate) fn image(&self, observed: &Observed) -> crate::Result<WantedImage> {
        if self.consent == Consent::Refused {
            return Ok(WantedImage::plain(&self.context.config));
        }
        match WantedImage::of(&self.context, self.workspace()) {
            Err(error)
                if self.outgoing(observed).is_none()
                    && self.exists(observed)
                    && !self.is_image_named() =>
            {
                self.context.reporter.warn(&format!("a new container could not be made: {error}"));
                Ok(WantedImage::plain(&self.context.config))
            }
            image => image,
        }
    }

    /// Whether what a container is made of was named just now.
    fn is_image_named(&self) -> bool {
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
        let outgoing = self.outgoing(observed);
        let exists = outgoing.is_none() && self.exists(observed);
        let choice = self.context.config.isolation.value;
        let isolation = match &self.context.record {
            Some(record) if exists || choice.allows(record.isolation) => record.isolation,
            None if exists => Isolation::Userns,
            Some(record) => return Err(other_isolation(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(engine, choice)
                .await
                .map_err(|error| elsewhere::advise(&self.context.address, error))?,
        };
        let capacity = match (&self.context.client, exists) {
            (Some(_), false) => engine.capacity().await?,
            _ => local_capacity(),
        };
        let mut wanted = self.wanted(isolation, capacity);
        if !exists && wanted.client.is_none() {
            wanted.manner.repository = self.repository();
        }
        let wanted = self.choice.apply(wanted, &self.context.config, outgoing);
        if !exists {
            // Nothing is stopped, built or planned for what cannot be made.
            self.check_workspace()?;
            refuse_mounts(&wanted.spec(observed, &wanted.name, wanted.ports.start()))?;
        }
        Ok(wanted)
    }

    pub(crate) fn wanted(&self, isolation: Isolation, capacity: HostCapacity) -> Desired {
        let head = git::head(self.workspace());
        let wanted = desired(&self.context, self.workspace(), &head, isolation, capacity);
        let template = self.image.template.as_ref().map(ToString::to_string);
        Desired {
            image: self.image.image.clone(),
            template: template.unwrap_or_default(),
            manner: Manner { mounts: self.image.mounts.clone(), ..wanted.manner },
            ..wanted
        }
    }

    /// Looks at a workspace that is to get a container, however it was found.
    fn check_workspace(&self) -> Result<(), OperationError> {
        let (env, caution) = (&self.context.env, self.choice.caution);
        // A command that only enters makes none, and says so itself.
        match caution == Caution::Careful || self.consent != Consent::Refused {
            true => workspace::check(self.workspace(), env, &self.context.reporter, caution),
            false => Ok(()),
        }
    }

    /// The repository that the workspace is a worktree of. Why git will not work
    /// inside is no reason not to go there.
    fn repository(&self) -> Option<LinkedRepository> {
        match worktree::repository(self.workspace(), &self.context.env.layout) {
            Ok(repository) => repository,
            Err(error) => {
                self.context.reporter.warn(&format!("git will not work inside: {error}"));
                None
            }
        }
    }
}

fn other_isolation(recorded: Isolation, wanted: IsolationChoice) -> OperationError {
    OperationError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(
        Hint::run(
            &format!("cai setup --isolation {wanted}"),
            "change it; containers of the other isolation are then out of sight",
        ),
    )
}
