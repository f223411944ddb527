use super::bundle::{Bundle, BundleError};
use super::host::{Host, HostError};
use super::invocation::CreateRequest;
use super::spec::{self, SpecError, UserNamespace};
use super::stage::{Stage, StageError};

/// The container cannot be prepared. Each part tells for itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CreateError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// Turns the bundle into that of a system container. What runc needs besides, it finds in this
/// process's mount namespace, and nowhere else.
pub(super) fn prepare(request: &CreateRequest) -> Result<(), CreateError> {
    let (bundle, mut spec) = Bundle::open(&request.bundle)?;
    let namespace = UserNamespace::of(&spec)?;
    let host = Host::read()?;
    spec::edit(&mut spec, &host);

    let mut stage = Stage::open()?;
    for device in &host.devices {
        let node = stage.device(device, &namespace)?;
        spec::offer_device(&mut spec, device, &node);
    }
    for bind in spec::foreign_binds(&spec, &request.id) {
        let clone = stage.bind(&bind, &namespace)?;
        spec::redirect(&mut spec, &bind, &clone);
    }
    bundle.write(&spec)?;
    Ok(())
}
