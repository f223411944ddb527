//! The builder of an engine.

use containai_core::engine::EngineError;
use containai_core::template::ImageBuilder;

use crate::address::EngineAddress;
use crate::engine::DockerEngine;

/// The API version of Docker 18.09, the first with BuildKit.
const FIRST_API: (u32, u32) = (1, 39);
/// The API version of Docker 23, whose BuildKit reads all Dockerfiles by itself.
const COMPLETE_API: (u32, u32) = (1, 42);

/// Returns the builder for Dockerfiles of users.
///
/// BuildKit calls `runc` itself, not the engine's default runtime. Without `userns-remap`, its build
/// steps would run as the host's root, so such an engine builds with its other builder.
pub(crate) async fn detect(engine: &DockerEngine) -> Result<ImageBuilder, EngineError> {
    if matches!(engine.address(), EngineAddress::Tcp(_)) && engine.is_tls() {
        return Ok(ImageBuilder::Classic);
    }
    let failure = |error| engine.map_error(error);
    let version = engine.docker().version().await.map_err(failure)?;
    let info = engine.docker().info().await.map_err(failure)?;
    // Podman answers as Docker does, and builds otherwise.
    let is_docker = version.components.iter().flatten().any(|part| part.name == "Engine");
    let is_linux = version.os.as_deref() == Some("linux");
    let api = version.api_version.as_deref().and_then(parse_api).unwrap_or_default();
    let has_user_namespace = info
        .security_options
        .iter()
        .flatten()
        .any(|option| option.starts_with("name=userns") || option.starts_with("name=rootless"));
    Ok(match is_docker && is_linux && has_user_namespace {
        true if api >= COMPLETE_API => ImageBuilder::BuildKit,
        true if api >= FIRST_API => ImageBuilder::EarlyBuildKit,
        _ => ImageBuilder::Classic,
    })
}

fn parse_api(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_are_compared_as_numbers() {
        assert!(parse_api("1.41") >= Some(FIRST_API));
        assert!(parse_api("1.9") < Some(FIRST_API));
        assert_eq!(parse_api("1"), None);
    }
}
