//! What the tests of the lifecycle want.

use crate::engine::{HostFacts, ImageRequest, ImageSource, Isolation, ShippedImage};
use crate::lifecycle::{Desired, Manner};
use crate::naming::{ContainerName, GitHead, PortRange, WorkspacePath};
use crate::resources::{HostCapacity, Resources};

/// A lasting container of the image `base` for this workspace, whose branch is
/// `main`, on a machine with 8 GiB and four processors. Nothing else is chosen.
#[must_use]
pub fn desired(workspace: WorkspacePath) -> Desired {
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
        manner: Manner::default(),
        client: None,
        host: HostFacts::default(),
    }
}
