//! The contract of every [`Engine`], checked against the fake engine and a real one, so that
//! results of the fake engine are valid for the real one.

use containai_core::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, ImageRequest, ImageSource,
    ReplacementSpec, RunState,
};
use containai_core::lifecycle::IgnoreEvents;
use containai_core::naming::{ContainerName, HostPort};
use futures_util::future::try_join_all;

/// The container to create, and alternatives for its replacement.
#[derive(Clone, Debug)]
pub struct ContractInput {
    /// An available image.
    pub image: ImageRequest,
    /// The container. Its image reference is filled in from the engine's answer.
    pub spec: ContainerSpec,
    /// An unused name.
    pub other_name: ContainerName,
    /// An unused port.
    pub other_port: HostPort,
}

/// Runs a container and its replacement through their lives, with every call repeated once. Nothing
/// is left behind.
///
/// # Errors
///
/// Errors of calls that have to succeed.
///
/// # Panics
///
/// When the contract is violated.
pub async fn check_engine<E: Engine>(engine: &E, terms: &ContractInput) -> Result<(), EngineError> {
    let mut spec = terms.spec.clone();
    spec.image = engine.ensure_image(&terms.image, ImageSource::Auto, &IgnoreEvents).await?;
    assert_eq!(engine.find_image(&terms.image).await?.as_ref(), Some(&spec.image));
    check_missing_container(engine).await;

    let id = engine.create(&spec, &IgnoreEvents).await?;
    let taken = engine.create(&spec, &IgnoreEvents).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let made = find(engine, &id).await?.expect("the new container is listed");
    assert_eq!((made.name.as_str(), made.state), (spec.name.as_ref(), RunState::Created));
    for (key, value) in spec.labels().iter() {
        assert_eq!(made.labels.get(key), Some(value), "{key}");
    }

    engine.provision(&id, "ssh-ed25519 AAAA one").await?;
    engine.provision(&id, "ssh-ed25519 AAAA two").await?;
    let never = engine.last_start(&id).await?;
    engine.start(&id).await?;
    let first = engine.last_start(&id).await?;
    engine.start(&id).await?;
    assert_eq!(engine.last_start(&id).await?, first, "starting a running container has no effect");
    assert_ne!(never, first);
    assert_eq!(state(engine, &id).await?, Some(RunState::Running));

    engine.stop(&id).await?;
    engine.stop(&id).await?;
    assert_eq!(state(engine, &id).await?, Some(RunState::Exited));
    engine.wait_exit(&id).await?;
    engine.start(&id).await?;
    assert_ne!(engine.last_start(&id).await?, first, "every start has its own time");
    engine.stop(&id).await?;

    let replacement = create_replacement(engine, terms, &made).await?;
    try_join_all([(); 3].map(|()| engine.remove(&id))).await?;
    engine.remove(&id).await?;
    assert_eq!(state(engine, &id).await?, None);
    engine.rename(&replacement, &spec.name).await?;
    engine.rename(&replacement, &spec.name).await?;
    let renamed = find(engine, &replacement).await?.expect("the replacement is listed");
    assert_eq!(renamed.name, spec.name.as_ref());
    engine.remove(&replacement).await
}

/// Creates a replacement for `old`, which stays.
async fn create_replacement<E: Engine>(
    engine: &E,
    terms: &ContractInput,
    old: &Container,
) -> Result<ContainerId, EngineError> {
    let image = engine.commit(&old.id).await?;
    let name = terms.other_name.clone();
    let labels = old.labels.for_replacement(old.id.as_ref(), "once", &old.name, &old.image);
    let succession = ReplacementSpec::new(old.id.clone(), name, image, labels);
    let replacement = engine.create_replacement(&succession, terms.other_port).await?;
    let taken = engine.create_replacement(&succession, terms.other_port).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let listed = find(engine, &replacement).await?.expect("the replacement is listed");
    assert_eq!(listed.state, RunState::Created);
    assert_eq!(listed.labels.ssh_port(), Some(terms.other_port));
    assert_eq!(listed.labels.replaces(), Some(old.id.as_ref()));
    let taken = engine.rename(&replacement, &terms.spec.name).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    Ok(replacement)
}

/// Calls for a missing container: queries report it, removals succeed.
async fn check_missing_container<E: Engine>(engine: &E) {
    let nobody = ContainerId::new("0123456789abcdef");
    let answers = [
        engine.start(&nobody).await,
        engine.provision(&nobody, "ssh-ed25519 AAAA").await,
        engine.last_start(&nobody).await.map(drop),
        engine.commit(&nobody).await.map(drop),
        engine.wait_exit(&nobody).await.map(drop),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let is_missing = matches!(answer, Err(EngineError::NoSuchContainer { .. }));
        assert!(is_missing, "call {number}: {answer:?}");
    }
    assert!(engine.stop(&nobody).await.is_ok());
    assert!(engine.remove(&nobody).await.is_ok());
}

async fn find<E: Engine>(engine: &E, id: &ContainerId) -> Result<Option<Container>, EngineError> {
    Ok(engine.containers().await?.into_iter().find(|container| container.id == *id))
}

async fn state<E: Engine>(engine: &E, id: &ContainerId) -> Result<Option<RunState>, EngineError> {
    Ok(find(engine, id).await?.map(|container| container.state))
}
