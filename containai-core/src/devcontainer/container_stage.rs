//! The image stage for the parts of a `devcontainer.json` that every process in the container sees.

use super::compose::{COMPOSE_PROGRAM, COMPOSE_UNIT, COMPOSE_UNIT_NAME};
use super::container_variable::dockerfile_value;
use super::document::Devcontainer;
use super::workspace_folder::WorkspacePlace;
use crate::layout::{CONTAINER_DATA, CONTAINER_WORKSPACE};
use crate::shell_word::shell_quote;

/// The program that mounts the workspace at its second place.
const FOLDER_PROGRAM: &str = "/usr/lib/containai/workspace-folder";
/// The link that `session.sh` follows.
const SESSION_FOLDER: &str = "/usr/lib/containai/session-folder";
/// The directories of VS Code on the data volume; the home directory has links to their files.
const VOLUME_SERVER_DIRS: [&str; 2] = ["vscode-server", "vscode-server-insiders"];

/// The program's text after the lines that set `target`. The host's path of the workspace may be a
/// link to the workspace there already.
const FOLDER_SCRIPT: &str = r#"[ -n "$target" ] || {
    host=$(tr '\0' '\n' < /proc/1/environ | sed -n 's/^CAI_HOST_WORKSPACE=//p')
    target=/workspaces/${host##*/}
}
[ ! "$target" -ef "$workspace" ] || exit 0
mkdir -p -- "$target"
exec mount --rbind -- "$workspace" "$target"
"#;

/// Sessions start after it, and do not depend on it.
const FOLDER_UNIT: &str = "[Unit]
Description=Mount the workspace at the folder that devcontainer.json names
DefaultDependencies=no
After=containai-init.service
Before=ssh.service containai-hooks.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/containai/workspace-folder

[Install]
WantedBy=multi-user.target
";

/// A stage that is built on an image: a Dockerfile, and the texts in its context with their paths.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ContainerStage {
    /// The Dockerfile.
    pub dockerfile: String,
    /// The path and the text of each file; scripts begin with `#!`.
    pub files: Vec<(&'static str, String)>,
}

impl ContainerStage {
    /// Returns the stage of a file.
    pub fn of(devcontainer: &Devcontainer) -> Self {
        let mut stage = Self {
            dockerfile: String::from(
                "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nUSER root\nSHELL [\"/bin/sh\", \"-c\"]\n",
            ),
            files: Vec::new(),
        };
        stage.add_workspace_folder(&devcontainer.workspace_folder.place);
        stage.add_session_folder(&devcontainer.workspace_folder.folder);
        stage.add_services(devcontainer.lifecycle.services.as_deref());
        stage.add_editor_settings(devcontainer.editor.machine.as_deref());
        // After the last command: a variable such as `PATH` or `LD_PRELOAD` may be wrong.
        for (name, value) in &devcontainer.container_env {
            stage.add_variable(name, value);
        }
        for (name, value) in &devcontainer.derived_env {
            stage.add_variable(name, value);
        }
        stage
    }

    fn add_workspace_folder(&mut self, place: &WorkspacePlace) {
        let target = match place {
            WorkspacePlace::Nowhere => return,
            WorkspacePlace::Default => "",
            WorkspacePlace::At(target) => target.as_str(),
        };
        let head = format!("#!/bin/sh\nset -eu\ntarget={}\n", shell_quote(target));
        let script = format!("{head}workspace={CONTAINER_WORKSPACE}\n{FOLDER_SCRIPT}");
        self.files.push(("workspace-folder", script));
        self.files.push(("workspace-folder.service", FOLDER_UNIT.to_owned()));
        let unit = "containai-workspace-folder.service";
        self.dockerfile.push_str(&format!(
            "COPY workspace-folder {FOLDER_PROGRAM}\n\
             COPY workspace-folder.service /etc/systemd/system/{unit}\n\
             RUN ln -sf ../{unit} /etc/systemd/system/multi-user.target.wants/{unit}\n"
        ));
    }

    /// Adds the link to the folder in which login shells of plain `ssh` start.
    fn add_session_folder(&mut self, folder: &str) {
        if folder != CONTAINER_WORKSPACE {
            let folder = shell_quote(folder);
            self.dockerfile.push_str(&format!("RUN ln -sfn -- {folder} {SESSION_FOLDER}\n"));
        }
    }

    /// Adds the program that runs Compose services. It starts its unit itself.
    fn add_services(&mut self, program: Option<&str>) {
        let Some(program) = program else { return };
        self.files.push(("compose", program.to_owned()));
        self.files.push(("compose.service", COMPOSE_UNIT.to_owned()));
        self.dockerfile.push_str(&format!(
            "COPY compose {COMPOSE_PROGRAM}\n\
             COPY compose.service /etc/systemd/system/{COMPOSE_UNIT_NAME}\n"
        ));
    }

    /// Adds the settings of VS Code for a new data volume: the engine fills it with the image's files.
    fn add_editor_settings(&mut self, settings: Option<&str>) {
        let Some(settings) = settings else { return };
        self.files.push(("machine-settings.json", format!("{settings}\n")));
        for directory in VOLUME_SERVER_DIRS {
            let path = format!("{CONTAINER_DATA}/{directory}/data/Machine/settings.json");
            let line = format!("COPY --chown=1000:1000 machine-settings.json {path}\n");
            self.dockerfile.push_str(&line);
        }
    }

    fn add_variable(&mut self, name: &str, value: &str) {
        self.dockerfile.push_str(&format!("ENV {name}={}\n", dockerfile_value(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::{Approval, DevcontainerContext};

    #[test]
    fn stage_has_the_folder_the_settings_and_the_variables() {
        let stage = |text: &str| {
            let host = DevcontainerContext {
                workspace: "/src/api",
                folder: "",
                id: "id",
                compose: None,
                variable: &|_| None,
            };
            let read = Devcontainer::parse(text, &host, Approval::Given).expect("a file");
            let ContainerStage { dockerfile, files } = ContainerStage::of(&read);
            let files = files.iter().map(|(path, text)| format!("--- {path}\n{text}"));
            [dockerfile].into_iter().chain(files).collect::<Vec<_>>().join("\n")
        };
        let text = r#"{"workspaceFolder": "/w it's", "customizations": {"vscode": {"settings": {"x": 1}}},
            "containerEnv": {"A": "$x \"y\" \\", "PATH": "${containerEnv:PATH}:/c"},
            "remoteEnv": {"PATH": "${containerEnv:PATH}:/r", "S": "session"}}"#;
        insta::assert_snapshot!(stage(text));
        let plain = stage(r#"{"workspaceMount": "", "workspaceFolder": "/x"}"#);
        insta::assert_snapshot!(plain);
    }
}
