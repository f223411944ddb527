//! A sample [`Desired`] for tests of the lifecycle.

use crate::engine::{HostFacts, ImageRequest, ImageSource, Isolation, RestartPolicy, ShippedImage};
use crate::lifecycle::{Desired, RunOptions};
use crate::naming::{ContainerName, GitHead, PortRange, WorkspacePath};
use crate::resources::{HostCapacity, Resources};

/// Returns a persistent container of the image `base` for this workspace on branch
/// `main`, on a host with 8 GiB and four processors. Every other option has its default.
#[must_use]
pub fn sample_desired(workspace: WorkspacePath) -> Desired {
    Desired {
        name: ContainerName::derive(&workspace, &GitHead::Branch("main".into())),
        workspace,
        image: ImageRequest::Shipped(ShippedImage::Base),
        image_source: ImageSource::Auto,
        data_volume: None,
        ports: PortRange::default(),
        resources: Resources::half_of(HostCapacity { memory_bytes: 8 << 30, cpus: 4 }),
        isolation: Isolation::Userns,
        template: String::new(),
        restart: RestartPolicy::No,
        options: RunOptions::default(),
        client: None,
        host: HostFacts::default(),
    }
}
