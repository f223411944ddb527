//! Committed file systems of containers.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerConfig, ContainerSummary};
use bollard::query_parameters::{
    CommitContainerOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions,
    TagImageOptionsBuilder,
};
use containai_core::engine::ContainerId;

use crate::container;

/// The repository of the committed file systems.
const COMMIT_REPOSITORY: &str = "containai/kept";
/// Length of the container id in the tag, as in Docker's short ids.
const SHORT_ID_LENGTH: usize = 12;
/// Timeout of a commit: 36 GB at 10 MB per second.
pub(crate) const COMMIT_TIMEOUT: Duration = Duration::from_secs(3600);

/// Commits the file system of a stopped container. Removes an image that an earlier attempt left
/// under the tag; it would become untagged otherwise and stay forever.
pub(crate) async fn commit(docker: &Docker, id: &ContainerId) -> Result<String, Error> {
    let reference = reference(id);
    remove_image(docker, &reference).await;
    let options = CommitContainerOptionsBuilder::default()
        .container(id.as_ref())
        .repo(COMMIT_REPOSITORY)
        .tag(&short_id(id))
        .build();
    let client = docker.clone().with_timeout(COMMIT_TIMEOUT);
    client.commit_container(options, ContainerConfig::default()).await?;
    Ok(reference)
}

/// Tags an image so that it is kept as long as a container created from it.
pub(crate) async fn tag_for_container(
    docker: &Docker,
    image: &str,
    id: &ContainerId,
) -> Result<(), Error> {
    let tag = TagImageOptionsBuilder::default().repo(COMMIT_REPOSITORY).tag(&short_id(id)).build();
    docker.tag_image(image, Some(tag)).await
}

/// Removes the committed images that no container needs: the committed container is removed, and no
/// container was created from the image. Examines all of them, so that images of a killed run are
/// removed as well.
pub(crate) async fn prune_images(docker: &Docker) -> Result<(), Error> {
    let filters = HashMap::from([("reference", vec![COMMIT_REPOSITORY])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let images = docker.list_images(Some(options)).await?;
    if images.is_empty() {
        return Ok(());
    }
    let containers = container::summaries(docker).await?;
    for tag in images.into_iter().flat_map(|image| image.repo_tags) {
        if is_leftover(&tag, &containers) {
            remove_image(docker, &tag).await;
        }
    }
    Ok(())
}

fn is_leftover(tag: &str, containers: &[ContainerSummary]) -> bool {
    let Some((COMMIT_REPOSITORY, origin)) = tag.rsplit_once(':') else { return false };
    !containers.iter().any(|container| {
        container.id.as_ref().is_some_and(|id| id.starts_with(origin))
            || container.image.as_deref() == Some(tag)
    })
}

/// The reference of a container's committed file system.
fn reference(id: &ContainerId) -> String {
    format!("{COMMIT_REPOSITORY}:{}", short_id(id))
}

/// Removes an image unless it is missing or in use.
async fn remove_image(docker: &Docker, reference: &str) {
    // Docker refuses to remove an image in use, which is intended.
    let _ = docker.remove_image(reference, None::<RemoveImageOptions>, None).await;
}

fn short_id(id: &ContainerId) -> String {
    id.as_ref().chars().take(SHORT_ID_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_is_kept_while_a_container_needs_it() {
        let containers: Vec<ContainerSummary> = serde_json::from_value(serde_json::json!([
            {"Id": "aaaaaaaaaaaa0000", "Image": "containai/base:1"},
            {"Id": "bbbbbbbbbbbb0000", "Image": "containai/kept:cccccccccccc"},
        ]))
        .expect("a listing");
        for (tag, expected) in [
            ("containai/kept:aaaaaaaaaaaa", false),
            ("containai/kept:cccccccccccc", false),
            ("containai/kept:dddddddddddd", true),
            ("containai/base:1", false),
            ("<none>:<none>", false),
        ] {
            assert_eq!(is_leftover(tag, &containers), expected, "{tag}");
        }
    }
}
