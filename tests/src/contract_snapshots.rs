//! The contract of every engine with snapshots, checked against the fake engine and a real one.

use containai_core::engine::{
    ContainerId, CopyJob, Copying as _, EngineError, ImageSource, OwnVolumes, RunState, Snapshots,
    VolumeCopy,
};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::Silent;
use containai_core::naming::{Nonce, SnapshotName, VolumeName, VolumeUse};
use futures_util::future::try_join_all;

use crate::contract::ContractInput;

/// Runs a snapshot through its life. Only the volumes of the container are left behind.
///
/// # Errors
///
/// Errors of calls that have to succeed.
///
/// # Panics
///
/// When the contract is violated.
pub async fn check_snapshots<E: Snapshots>(
    engine: &E,
    input: &ContractInput,
) -> Result<(), EngineError> {
    let mut spec = input.spec.clone();
    spec.image = engine.provide_image(&input.image, ImageSource::Auto, &Silent).await?;
    check_missing_container(engine).await;
    let id = engine.create(&spec).await?;
    let has = engine.volumes_of(&id).await?;
    assert_eq!(
        (Some(&has.data), Some(&has.docker)),
        (spec.data_volume.as_ref(), spec.docker_volume.as_ref())
    );
    check_pause_and_unpause(engine, &id).await?;

    let nonce = Nonce::from_random([0xc0; 6]);
    let to = OwnVolumes {
        data: VolumeName::of_snapshot(&nonce, VolumeUse::Data),
        docker: VolumeName::of_snapshot(&nonce, VolumeUse::Docker),
    };
    let job = CopyJob {
        copies: vec![
            VolumeCopy { from: has.data, to: to.data.clone() },
            VolumeCopy { from: has.docker, to: to.docker.clone() },
        ],
        workspace: spec.workspace.clone(),
        snapshot: Some(nonce.clone()),
        image: spec.image.clone(),
        isolation: spec.isolation,
        freezes: vec![id.clone()],
    };
    let mut copying = engine.begin_copy(&job).await?;
    let helper = copying.helper().clone();
    let listed = engine.containers().await?.into_iter().find(|it| it.id == helper);
    let listed = listed.expect("the helper is listed");
    assert_eq!(listed.state, RunState::Running);
    assert_eq!(listed.labels.copies(), Some(vec![to.data.clone(), to.docker.clone()]));
    assert_eq!(listed.labels.freezes(), std::slice::from_ref(&id));
    assert!(engine.shows(&listed.labels) && !listed.serves(&spec.workspace));
    copying.copy().await?;
    copying.sync().await?;
    assert_eq!(users(engine, &nonce).await?, [1, 1]);
    let refused = engine.remove_volume(to.data.as_ref()).await;
    assert!(matches!(refused, Err(EngineError::Refused { status: 409, .. })), "{refused:?}");

    let labels = [(label::SNAPSHOT, nonce.as_str()), (label::SNAPSHOT_NAME, "contract")];
    let image = engine.commit(&id, &labels.into_iter().collect::<Labels>()).await?;
    let nameless = |all: &[(String, Nonce)]| all.contains(&(image.clone(), nonce.clone()));
    assert!(nameless(&engine.nameless_snapshots().await?));
    engine.name_snapshot(&image, &nonce).await?;
    assert!(!nameless(&engine.nameless_snapshots().await?));
    let reference = SnapshotName::image(&nonce);
    let images = engine.images().await?;
    let stored = images.iter().find(|it| it.references.contains(&reference));
    let stored = stored.expect("it is in the store");
    assert_eq!(stored.labels.snapshot().as_ref(), Some(&nonce));
    assert!(stored.labels.is_managed() && stored.is_in_snapshot);

    let anonymous = engine.anonymise(&reference, &spec.workspace).await?;
    let listed = engine.containers().await?.into_iter().find(|it| it.id == anonymous.helper);
    let listed = listed.expect("the helper is listed");
    assert!(listed.labels.is_snapshot_helper() && !listed.serves(&spec.workspace));
    // Two concurrent clean-ups find the same leftovers.
    let helpers = [&helper, &helper, &anonymous.helper, &anonymous.helper];
    try_join_all(helpers.map(|helper| engine.dismiss(helper))).await?;
    engine.dismiss(&helper).await?;
    assert_eq!(users(engine, &nonce).await?, [0, 0]);
    engine.remove(&id).await?;
    for _ in 0..2 {
        try_join_all([(); 2].map(|()| engine.remove_image(&reference))).await?;
        let volumes = [&to.data, &to.data, &to.docker, &to.docker];
        try_join_all(volumes.map(|volume| engine.remove_volume(volume.as_ref()))).await?;
    }
    assert_eq!(users(engine, &nonce).await?, [0; 0]);
    Ok(())
}

/// Two processes that pause or unpause the same container do not know of each other, and a third
/// one may stop it.
async fn check_pause_and_unpause<E: Snapshots>(
    engine: &E,
    id: &ContainerId,
) -> Result<(), EngineError> {
    let rests = |state| matches!(state, RunState::Created | RunState::Exited);
    engine.freeze(id).await?;
    assert!(rests(engine.moments(id).await?.state));
    engine.start(id).await?;
    try_join_all([(); 2].map(|()| engine.freeze(id))).await?;
    assert_eq!(engine.moments(id).await?.state, RunState::Paused);
    try_join_all([(); 2].map(|()| engine.unpause(id))).await?;
    assert_eq!(engine.moments(id).await?.state, RunState::Running);
    engine.stop(id).await?;
    engine.unpause(id).await?;
    engine.freeze(id).await?;
    assert!(rests(engine.moments(id).await?.state));
    Ok(())
}

/// Returns how many containers use each volume of a snapshot.
async fn users<E: Snapshots>(engine: &E, nonce: &Nonce) -> Result<Vec<usize>, EngineError> {
    let volumes = engine.snapshot_volumes().await?.into_iter();
    let of_it = volumes.filter(|it| it.labels.snapshot().as_ref() == Some(nonce));
    Ok(of_it.map(|it| it.used_by.len()).collect())
}

async fn check_missing_container<E: Snapshots>(engine: &E) {
    let nobody = ContainerId::new("0123456789abcdef");
    let answers = [
        engine.volumes_of(&nobody).await.map(drop),
        engine.freeze(&nobody).await,
        engine.commit(&nobody, &Labels::default()).await.map(drop),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let is_missing = matches!(answer, Err(EngineError::NoSuchContainer { .. }));
        assert!(is_missing, "call {number}: {answer:?}");
    }
    assert!(engine.dismiss(&nobody).await.is_ok());
}
