//! What others need who change the container of a workspace.

use containai_core::lifecycle::{Desired, Observed, install};
use containai_docker::DockerEngine;
use containai_ssh::SshRemote;

use super::Entrance;
use crate::host;
use crate::records::UserRecords;

/// The engine, what it shows, and what is wanted of it.
pub struct Survey {
    pub engine: DockerEngine,
    pub observed: Observed,
    pub(crate) wanted: Desired,
}

impl Entrance {
    /// Looks at the engine as it is now.
    pub async fn survey(&mut self) -> crate::Result<Survey> {
        let (engine, observed) = self.prepared().await?;
        let wanted = self.desired(&engine, &observed).await?;
        self.provide_repository(&wanted)?;
        Ok(Survey {
            engine,
            observed,
            wanted: Desired { host: host::facts(&self.context.env), ..wanted },
        })
    }

    /// Brings to its end what an earlier command has begun to put in a
    /// container's place. The caller has the [`turn`](Self::turn).
    pub async fn settle(&self, survey: &Survey) -> crate::Result<()> {
        let Survey { engine, wanted, .. } = survey;
        let (remote, records) = (self.remote(), self.records());
        install(engine, remote, &records, wanted, &self.context.reporter).await?;
        Ok(())
    }

    pub(crate) fn remote(&self) -> &SshRemote {
        &self.context.remote
    }

    pub(crate) fn records(&self) -> UserRecords<'_> {
        UserRecords { context: &self.context }
    }
}
