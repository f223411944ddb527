//! Image pulls from a registry.

use std::collections::HashMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use containai_core::lifecycle::{Event, EventListener};
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

use super::reference;
use crate::engine::DockerEngine;

/// Timeout without progress, after which another source is tried.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Pulls the image.
///
/// # Errors
///
/// The engine's message, for the list of failed attempts.
pub(crate) async fn pull(
    engine: &DockerEngine,
    image: &str,
    events: &dyn EventListener,
) -> Result<(), String> {
    events.on_event(Event::Stage(&format!("pulling {image}")));
    let (repository, tag) = reference::split(image);
    let options = CreateImageOptionsBuilder::default().from_image(repository).tag(tag).build();
    let mut stream = std::pin::pin!(engine.docker().create_image(Some(options), None, None));
    let mut layers = LayerProgress::default();
    loop {
        match timeout(IDLE_TIMEOUT, stream.try_next()).await {
            Err(_) => {
                return Err(format!("the registry sent nothing for {} s", IDLE_TIMEOUT.as_secs()));
            }
            Ok(Err(error)) => return Err(reason(&error)),
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(info))) => {
                if let Some(message) = info.error_detail.as_ref().and_then(|d| d.message.as_ref()) {
                    return Err(message.clone());
                }
                if let Some((done, total)) = layers.update(info) {
                    events.on_event(Event::Progress { done, total: Some(total) });
                }
            }
        }
    }
}

/// Current and total bytes of each layer.
#[derive(Debug, Default)]
struct LayerProgress(HashMap<String, (u64, u64)>);

impl LayerProgress {
    fn update(&mut self, info: CreateImageInfo) -> Option<(u64, u64)> {
        let detail = info.progress_detail?;
        let current = u64::try_from(detail.current?).ok()?;
        let total = u64::try_from(detail.total?).ok()?;
        // Extraction counts the same bytes again, so the numbers of a layer never decrease.
        let layer = self.0.entry(info.id?).or_default();
        *layer = (layer.0.max(current), layer.1.max(total));
        Some(self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1)))
    }
}

fn reason(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        error => error.to_string(),
    }
}
