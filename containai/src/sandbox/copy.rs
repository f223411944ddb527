//! Copies into a container and out of it.

use std::path::Path;
use std::sync::Arc;

use containai_core::engine::Engine as _;
use containai_core::layout::CONTAINER_HOME;
use containai_ssh::Session;
use containai_ssh::transfer::{Copier, CopyReport, TransferError, TransferProgress};

use super::handle::Sandbox;
use crate::context::Context;
use crate::copy::guarded_copier;
use crate::sandbox_handle::SandboxHandle;
use crate::workspace_copy::show_progress;

impl Sandbox {
    /// Copies a file or directory of this machine into the container, as `cp -a` does.
    ///
    /// A relative `source` starts from [`ProcessEnv::directory`](crate::ProcessEnv). `target` is
    /// absolute or relative to the home directory `/home/agent`, in which the workspace is
    /// `workspace`. If `target` is a directory, the copy is made in it; otherwise the copy gets that
    /// name, and the directory above it must exist. Owners, access control lists and
    /// special files are not copied.
    ///
    /// # Errors
    ///
    /// - [`Error::Transfer`](crate::Error::Transfer): a file was not copied. The other files were.
    /// - [`Error::Remote`](crate::Error::Remote): the connection failed. A repeated copy of one file
    ///   continues where this one stopped.
    pub async fn copy_in(
        &self,
        source: impl AsRef<Path>,
        target: impl AsRef<Path>,
    ) -> crate::Result<()> {
        let source = self.handle.context.env.directory.join(source);
        let target = target.as_ref().as_os_str();
        let session = self.handle.session().await?;
        let (copier, progress) = self.handle.copier(&session).await?;
        let copied = self.handle.copy(copier.upload(&[source], target), &progress).await;
        self.handle.release(session);
        copied
    }

    /// Copies a file or directory of the container to this machine, as `cp -a` does; see
    /// [`copy_in`](Self::copy_in). Symbolic links of the container below `target` are not followed.
    ///
    /// # Errors
    ///
    /// Those of [`copy_in`](Self::copy_in).
    pub async fn copy_out(
        &self,
        source: impl AsRef<Path>,
        target: impl AsRef<Path>,
    ) -> crate::Result<()> {
        let target = self.handle.context.env.directory.join(target);
        let source = source.as_ref().as_os_str().to_owned();
        let session = self.handle.session().await?;
        let (copier, progress) = self.handle.copier(&session).await?;
        let copied = self.handle.copy(copier.download(&[source], &target), &progress).await;
        self.handle.release(session);
        copied
    }
}

impl SandboxHandle {
    /// Creates a copier whose paths in the container are relative to the home directory.
    async fn copier<'s>(
        &self,
        session: &'s Session,
    ) -> crate::Result<(Copier<'s>, Arc<TransferProgress>)> {
        let progress = Arc::new(TransferProgress::default());
        let containers = self.engine.containers().await?;
        let copier = guarded_copier(session, &self.workspace, &containers, &self.context.env);
        Ok((copier.in_dir(CONTAINER_HOME).with_progress(Arc::clone(&progress)), progress))
    }

    async fn copy(
        &self,
        copying: impl Future<Output = Result<CopyReport, TransferError>>,
        progress: &TransferProgress,
    ) -> crate::Result<()> {
        let Context { reporter, .. } = &self.context;
        let report = tokio::select! {
            report = copying => report,
            () = show_progress(progress, reporter) => Ok(CopyReport::default()),
        };
        reporter.finish_work();
        first_failure(report?)
    }
}

/// Returns the first failure of a copy, and reports the others.
fn first_failure(report: CopyReport) -> crate::Result<()> {
    let more = report.omitted() + (report.failures().len() as u64).saturating_sub(1);
    let Some(first) = report.into_failures().into_iter().next() else { return Ok(()) };
    let first = match first {
        containai_ssh::transfer::CopyFailure::Source(error) => error.into(),
        failure => crate::Error::other(failure),
    };
    match more {
        0 => Err(first),
        more => Err(crate::Error::Context {
            message: format!("{} files were not copied", more + 1),
            source: Box::new(first),
        }),
    }
}
