//! Values of a builder, parsed when they are used.

use std::fmt::Display;
use std::str::FromStr;

use containai_core::config::Flags;
use containai_core::engine::ImageRequest;
use containai_core::naming::{ContainerName, TemplateName, VolumeName};

use crate::error::OperationError;

/// The settings that a builder requests, as text.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestedValues {
    pub(super) image: Option<String>,
    pub(super) template: Option<String>,
    pub(super) name: Option<String>,
    pub(super) data_volume: Option<String>,
    pub(super) docker_host: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) cpus: Option<String>,
}

impl RequestedValues {
    /// Returns the settings, which take the place of command-line options.
    pub(super) fn flags(&self) -> Result<Flags, OperationError> {
        let mut flags = Flags::for_engine(self.docker_host.clone());
        flags.image = self.image.as_deref().map(ImageRequest::parse);
        flags.template = parse("template", self.template.as_deref(), TemplateName::parse)?;
        flags.data_volume = parse("data volume", self.data_volume.as_deref(), VolumeName::parse)?;
        flags.memory = parse("memory limit", self.memory.as_deref(), FromStr::from_str)?;
        flags.cpus = parse("CPU limit", self.cpus.as_deref(), FromStr::from_str)?;
        // Connections are pooled in the process.
        flags.mux = Some(false);
        Ok(flags)
    }

    /// Returns the name of the container; `None` for the default.
    pub(super) fn container_name(&self) -> Result<Option<ContainerName>, OperationError> {
        parse("container name", self.name.as_deref(), ContainerName::parse)
    }
}

/// Parses a value that is given.
pub(super) fn parse<T, E: Display>(
    what: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, OperationError> {
    let parsed = text.map(parse).transpose();
    parsed.map_err(|error| OperationError::usage(format!("{what}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_values_are_named() {
        let requested = RequestedValues { memory: Some("much".to_owned()), ..Default::default() };
        let error = requested.flags().expect_err("no size").to_string();
        assert!(error.starts_with("memory limit: "), "{error}");
        let requested = RequestedValues { name: Some("a/b".to_owned()), ..Default::default() };
        assert!(requested.container_name().is_err());
        assert_eq!(RequestedValues::default().flags().map(|it| it.mux).ok(), Some(Some(false)));
    }
}
