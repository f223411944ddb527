//! Lifecycle commands of a `devcontainer.json`, and its settings without effect.

use containai_core::devcontainer::{LIFECYCLE_PROGRAM, Treatment};
use containai_core::engine::Container;
use containai_core::lifecycle::{Connected, Desired};
use containai_core::{exit, label};
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use super::ResolvedWorkspace;
use crate::connection::SessionConnection;
use crate::image_selection::unused_devcontainer_notice;
use crate::{devcontainer_ports, legacy_files, workspace_store};

impl ResolvedWorkspace {
    /// Reports settings of `devcontainer.json` and files of the shell version that have no
    /// effect on a new container.
    pub(crate) fn warn_ignored_settings(&self) {
        let Self { path, context, image, .. } = self;
        for entry in image.devcontainer.iter().flat_map(|file| file.plan.entries()) {
            let line = format!("devcontainer.json: {entry}");
            match entry.treatment {
                Treatment::Satisfied => context.reporter.detail(&line),
                _ => context.reporter.say(&line),
            }
        }
        if image.devcontainer.is_none()
            && let Some(notice) = unused_devcontainer_notice(context, path)
        {
            context.reporter.say(&notice);
        }
        legacy_files::warn_about_legacy_files(context, path, image.template.as_ref());
    }

    /// Remembers the `devcontainer.json` of the container, runs its lifecycle commands, and opens
    /// its ports. After commands, it connects again: a connection carries one command.
    pub(crate) async fn after_lifecycle_commands(
        &self,
        desired: &Desired,
        connected: Connected<SessionConnection>,
    ) -> crate::Result<Connected<SessionConnection>> {
        let labels = &connected.container.labels;
        let path = labels.get(label::DEVCONTAINER).map(str::to_owned);
        workspace_store::remember_devcontainer(&self.context, &self.path, path.as_deref()).await?;
        let connected = match labels.get(label::LIFECYCLE) {
            Some("true") => {
                self.run_lifecycle_commands(&connected.container, connected.connection).await?;
                let running = Box::pin(self.ensure_running(desired)).await?;
                self.open_connection(running).await?
            }
            _ => connected,
        };
        if let Some(path) = path {
            devcontainer_ports::open_ports(&self.context, &connected.container.name, &path);
        }
        Ok(connected)
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
