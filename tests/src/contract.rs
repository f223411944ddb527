//! What every [`Engine`] promises, tried on the fake and on a real one, so that
//! what is proven with the fake holds.

use std::collections::BTreeMap;

use containai_core::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, ImageRequest, ImageSource,
    RunState, Succession,
};
use containai_core::lifecycle::Silent;
use containai_core::naming::{ContainerName, HostPort};
use futures_util::future::try_join_all;

/// A container to make, and what else is made of it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The image; it can be provided.
    pub image: ImageRequest,
    /// The container. Its image reference is filled in from what the engine
    /// answers.
    pub spec: ContainerSpec,
    /// A name that nobody has.
    pub other_name: ContainerName,
    /// A port that nobody has.
    pub other_port: HostPort,
}

/// Goes through a container's life and that of its successor, every call
/// twice. Nothing is left behind.
///
/// # Errors
///
/// What a call that has to work answered.
///
/// # Panics
///
/// When a promise is not kept.
pub async fn hold<E: Engine>(engine: &E, terms: &Terms) -> Result<(), EngineError> {
    let mut spec = terms.spec.clone();
    spec.image = engine.provide_image(&terms.image, ImageSource::Auto, &Silent).await?;
    assert_eq!(engine.find_image(&terms.image).await?.as_ref(), Some(&spec.image));
    nobody_is_there(engine).await;

    let id = engine.create(&spec).await?;
    let taken = engine.create(&spec).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let made = find(engine, &id).await?.expect("what was made is listed");
    assert_eq!((made.name.as_str(), made.state), (spec.name.as_ref(), RunState::Created));
    for (key, value) in spec.labels().iter() {
        assert_eq!(made.labels.get(key), Some(value), "{key}");
    }

    engine.install_key(&id, "ssh-ed25519 AAAA one").await?;
    engine.install_key(&id, "ssh-ed25519 AAAA two").await?;
    let never = engine.last_start(&id).await?;
    engine.start(&id).await?;
    let first = engine.last_start(&id).await?;
    engine.start(&id).await?;
    assert_eq!(engine.last_start(&id).await?, first, "a start of what runs is none");
    assert_ne!(never, first);
    assert_eq!(state(engine, &id).await?, Some(RunState::Running));

    engine.stop(&id).await?;
    engine.stop(&id).await?;
    assert_eq!(state(engine, &id).await?, Some(RunState::Exited));
    engine.exited(&id).await?;
    engine.start(&id).await?;
    assert_ne!(engine.last_start(&id).await?, first, "every start has its own words");
    engine.stop(&id).await?;

    let heir = succeed(engine, terms, &made).await?;
    try_join_all([(); 3].map(|()| engine.remove(&id))).await?;
    engine.remove(&id).await?;
    assert_eq!(state(engine, &id).await?, None);
    engine.rename(&heir, &spec.name).await?;
    engine.rename(&heir, &spec.name).await?;
    let renamed = find(engine, &heir).await?.expect("the heir is listed");
    assert_eq!(renamed.name, spec.name.as_ref());
    engine.remove(&heir).await
}

/// Makes a container in the place of `old`, which stays.
async fn succeed<E: Engine>(
    engine: &E,
    terms: &Terms,
    old: &Container,
) -> Result<ContainerId, EngineError> {
    let image = engine.keep(&old.id).await?;
    let name = terms.other_name.clone();
    let labels = old.labels.succeeded(old.id.as_ref(), "once", &old.name, &old.image);
    let succession =
        Succession { of: old.id.clone(), name, image, labels, volumes: BTreeMap::new() };
    let heir = engine.create_successor(&succession, terms.other_port).await?;
    let taken = engine.create_successor(&succession, terms.other_port).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    let listed = find(engine, &heir).await?.expect("the heir is listed");
    assert_eq!(listed.state, RunState::Created);
    assert_eq!(listed.labels.ssh_port(), Some(terms.other_port));
    assert_eq!(listed.labels.replaces(), Some(old.id.as_ref()));
    let taken = engine.rename(&heir, &terms.spec.name).await;
    assert!(matches!(taken, Err(EngineError::NameTaken { .. })), "{taken:?}");
    Ok(heir)
}

/// What is asked of a container that does not exist: an answer that says so,
/// and peace for what wants it gone.
async fn nobody_is_there<E: Engine>(engine: &E) {
    let nobody = ContainerId::new("0123456789abcdef");
    let answers = [
        engine.start(&nobody).await,
        engine.install_key(&nobody, "ssh-ed25519 AAAA").await,
        engine.last_start(&nobody).await.map(drop),
        engine.keep(&nobody).await.map(drop),
        engine.exited(&nobody).await.map(drop),
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
