//! The logins that a new container shares.

use containai_core::config::SharedCredentials;
use containai_core::engine::{ExtraMount, ImageRequest, MountAccess, MountSource};
use containai_core::layout::CONTAINER_CREDENTIALS;
use containai_core::manifest::{AgentLogin, shipped_logins};
use containai_core::naming::{MountTarget, VolumeName, WorkspacePath};

use crate::context::Context;

/// The tool that agents use with a login of its own.
const TOOL: &str = "gh";

/// Returns the mounts of the logins that a new container of this image shares.
/// Manifests of the user are not known in containers, so their logins are not shared.
pub(crate) fn mounts(context: &Context, image: &ImageRequest) -> Vec<ExtraMount> {
    let choice = context.config.shared_credentials();
    if choice == SharedCredentials::None {
        return Vec::new();
    }
    let Ok(home) = WorkspacePath::new(context.env.layout.home()) else { return Vec::new() };
    let all = shipped_logins().into_iter().filter(AgentLogin::is_shareable);
    let chosen = all.filter(|login| is_chosen(&choice, image, &login.name));
    let mount = |login: AgentLogin| {
        let volume = VolumeName::credentials(&home, context.client.as_ref(), &login.name);
        let target = MountTarget::parse(&format!("{CONTAINER_CREDENTIALS}/{}", login.name)).ok()?;
        let source = MountSource::Credentials { volume, login: login.name };
        Some(ExtraMount { source, target, access: MountAccess::ReadWrite })
    };
    chosen.filter_map(mount).collect()
}

/// Returns whether an agent in containers of this image can use the login, shared or not.
pub(crate) fn is_of_image(image: &ImageRequest, login: &AgentLogin) -> bool {
    is_chosen(&SharedCredentials::OfImage, image, &login.name)
}

/// Whether containers of an image share a login. The agents of other images than the shipped ones
/// are not known before a container exists.
fn is_chosen(choice: &SharedCredentials, image: &ImageRequest, login: &str) -> bool {
    match (choice, image) {
        (SharedCredentials::None, _) => false,
        (SharedCredentials::Of(names), _) => names.iter().any(|name| name == login),
        (SharedCredentials::OfImage, ImageRequest::Shipped(image)) => {
            let agents = image.agents();
            agents.contains(&login) || login == TOOL && !agents.is_empty()
        }
        (SharedCredentials::OfImage, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::ShippedImage;

    use super::*;

    #[test]
    fn image_decides_by_default() {
        let base = ImageRequest::Shipped(ShippedImage::Base);
        let agents = ImageRequest::Shipped(ShippedImage::Agents);
        let check = |choice: &SharedCredentials, image, login, expected| {
            assert_eq!(is_chosen(choice, image, login), expected, "{choice:?} {login}");
        };
        let of_image = SharedCredentials::OfImage;
        check(&of_image, &agents, "codex", true);
        check(&of_image, &agents, "gh", true);
        check(&of_image, &agents, "mine", false);
        check(&of_image, &base, "codex", false);
        check(&of_image, &base, "gh", false);
        let codex = SharedCredentials::Of(vec!["codex".into()]);
        check(&codex, &base, "codex", true);
        check(&codex, &agents, "claude", false);
        check(&SharedCredentials::None, &agents, "codex", false);
    }
}
