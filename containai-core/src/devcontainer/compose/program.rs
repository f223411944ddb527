//! The program that runs the other services in the container.

use super::project::ComposeProject;
use crate::layout::CONTAINER_WORKSPACE;
use crate::shell_word::shell_quote;

/// The path of the program in an image.
pub const COMPOSE_PROGRAM: &str = "/usr/lib/containai/compose";
/// The name of the unit that keeps the names of services in `/etc/hosts`.
pub const COMPOSE_UNIT_NAME: &str = "containai-compose.service";
/// The text of the unit, which the program starts.
pub const COMPOSE_UNIT: &str = "[Unit]
Description=Names of Compose services in /etc/hosts
After=docker.service

[Service]
ExecStart=/usr/lib/containai/compose names
Restart=always
RestartSec=1s
";
/// The program after its variables.
const PROGRAM: &str = include_str!("compose.sh");

impl ComposeProject {
    /// Returns the program that runs the other services; `None` if there are none.
    pub fn program(&self) -> Option<String> {
        if !self.has_others {
            return None;
        }
        let run = self.run_services.as_ref().filter(|names| !names.is_empty());
        let run = serde_json::to_string(&run).unwrap_or_else(|_| "null".to_owned());
        let files: String = self
            .files
            .iter()
            .map(|path| format!(" -f {}", shell_quote(&format!("./{path}"))))
            .collect();
        Some(format!(
            "#!/bin/sh\nworkspace={CONTAINER_WORKSPACE}\nservice={}\nrun_services={}\n\
             compose() {{\n    docker compose{files} \"$@\"\n}}\n\n{PROGRAM}",
            shell_quote(&self.service),
            shell_quote(&run),
        ))
    }
}
