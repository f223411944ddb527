//! What a `devcontainer.json` wants run inside, and what of it is not followed.

use containai_core::devcontainer::LIFECYCLE_PROGRAM;
use containai_core::engine::Container;
use containai_core::{exit, label};
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use super::SessionRequest;
use crate::connection::SessionConnection;
use crate::legacy_files;

impl SessionRequest {
    /// Says what of the file, and of files of the shell version, is not followed.
    /// Only somebody who makes a container needs to know.
    pub(crate) fn warn_ignored_settings(&self) {
        let notes = self.image.devcontainer.iter().flat_map(|read| &read.notes);
        for note in notes {
            self.context.reporter.say(&format!("devcontainer.json: {note}"));
        }
        if self.image.devcontainer.is_none()
            && let Some(text) =
                crate::image_selection::unused_devcontainer_notice(&self.context, self.workspace())
        {
            self.context.reporter.say(&text);
        }
        legacy_files::warn_about_legacy_files(
            &self.context,
            self.workspace(),
            self.image.template.as_ref(),
        );
    }

    /// What of the file is run beside the steps of a plan.
    pub(crate) fn devcontainer_steps(&self) -> Vec<String> {
        let Some(read) = &self.image.devcontainer else { return Vec::new() };
        let here = read.initialize.as_ref().map(|_| {
            "`initializeCommand` is run on this machine before the container is made or started"
        });
        let inside = (!read.lifecycle.is_empty())
            .then_some("commands of devcontainer.json are run inside before the session");
        here.into_iter().chain(inside).map(str::to_owned).collect()
    }

    /// Runs inside what the file wants run by whoever enters. Nothing of it is
    /// on stdout; what fails is told and keeps nobody out.
    pub(crate) async fn run_lifecycle_commands(
        &self,
        container: &Container,
        passage: SessionConnection,
    ) -> crate::Result<()> {
        let command = Command::new([LIFECYCLE_PROGRAM])?;
        let talk = || {
            self.context
                .reporter
                .program_output()
                .map_or(Output::Null, |fd| Output::File(fd.into()))
        };
        let stdio = Stdio { input: Input::Null, output: talk(), error: talk(), ..Stdio::inherit() };
        self.context.reporter.finish_work();
        let outcome = passage.exec(&command, Terminal::None, stdio).await?;
        if outcome.code() != exit::OK {
            self.context.reporter.warn(&format!(
                "{}: a command of devcontainer.json failed; the next to enter runs it again",
                container.name
            ));
        }
        Ok(())
    }
}

/// Whether somebody who enters has something to run first.
pub(crate) fn has_lifecycle_commands(container: &Container) -> bool {
    container.labels.get(label::LIFECYCLE) == Some("true")
}
