//! The check that an image contains the base system.

use containai_core::engine::EngineError;
use containai_core::label::{self, Labels};

use crate::engine::DockerEngine;
use crate::helper_container::{HelperContainer, HelperProgram, HelperSpec};

/// The files that every container needs to boot: the init, and the script that passes the
/// environment to sessions.
const REQUIRED: [&str; 2] = ["/sbin/init", "/usr/lib/containai/init"];

/// Fails for an image without the base system, before a container and its volumes are created.
///
/// Images based on a ContainAI image have its label. Others are inspected: an image that was
/// exported and imported has the files and no labels.
///
/// # Errors
///
/// - [`EngineError::NoBaseSystem`].
/// - The engine's error.
pub(crate) async fn require_base_system(
    engine: &DockerEngine,
    image: &str,
    labels: &Labels,
) -> Result<(), EngineError> {
    if labels.get(label::IMAGE_NAME).is_some() {
        return Ok(());
    }
    let helper_labels =
        Labels::for_helper().with_client(engine.client_id()).with(label::CHECKS, image);
    let spec = HelperSpec::new(image, helper_labels).with_program(HelperProgram::None);
    let helper = HelperContainer::create(engine, spec).await?;
    let missing = first_missing(&helper).await;
    helper.remove().await?;
    match missing? {
        None => Ok(()),
        Some(missing) => Err(EngineError::NoBaseSystem { image: image.to_owned(), missing }),
    }
}

async fn first_missing(helper: &HelperContainer<'_>) -> Result<Option<&'static str>, EngineError> {
    for path in REQUIRED {
        if !helper.exists(path).await? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
