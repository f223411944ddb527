//! Lifecycle commands of a `devcontainer.json`, and its settings without effect.

use containai_core::devcontainer::LIFECYCLE_PROGRAM;
use containai_core::engine::Container;
use containai_core::lifecycle::{Connected, Desired};
use containai_core::{exit, label};
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use super::ResolvedWorkspace;
use crate::connection::SessionConnection;
use crate::image_selection::unused_devcontainer_notice;
use crate::legacy_files;

impl ResolvedWorkspace {
    /// Reports settings of `devcontainer.json` and files of the shell version that have no
    /// effect on a new container.
    pub(crate) fn warn_ignored_settings(&self) {
        let Self { path, context, image, .. } = self;
        for note in image.devcontainer.iter().flat_map(|file| &file.notes) {
            context.reporter.say(&format!("devcontainer.json: {note}"));
        }
        if image.devcontainer.is_none()
            && let Some(notice) = unused_devcontainer_notice(context, path)
        {
            context.reporter.say(&notice);
        }
        legacy_files::warn_about_legacy_files(context, path, image.template.as_ref());
    }

    /// Runs the lifecycle commands of the container, if it has some, and connects again: a
    /// connection carries one command.
    pub(crate) async fn after_lifecycle_commands(
        &self,
        desired: &Desired,
        connected: Connected<SessionConnection>,
    ) -> crate::Result<Connected<SessionConnection>> {
        if connected.container.labels.get(label::LIFECYCLE) != Some("true") {
            return Ok(connected);
        }
        self.run_lifecycle_commands(&connected.container, connected.connection).await?;
        let running = Box::pin(self.ensure_running(desired)).await?;
        self.open_connection(running).await
    }

    /// Runs the lifecycle commands inside. Their output does not go to stdout. A failure is
    /// reported, and does not prevent the session.
    async fn run_lifecycle_commands(
        &self,
        container: &Container,
        connection: SessionConnection,
    ) -> crate::Result<()> {
        let reporter = &self.context.reporter;
        let command = Command::new([LIFECYCLE_PROGRAM])?;
        let output =
            || reporter.program_output().map_or(Output::Null, |fd| Output::File(fd.into()));
        let stdio =
            Stdio::inherit().with_input(Input::Null).with_output(output()).with_error(output());
        reporter.finish_work();
        let outcome = connection.exec(&command, Terminal::None, stdio).await?;
        if outcome.code() != exit::OK {
            reporter.warn(&format!(
                "{}: a command of devcontainer.json failed; the next session runs it again",
                container.name
            ));
        }
        Ok(())
    }
}
