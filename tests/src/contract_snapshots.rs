//! The contract of every engine with snapshots, checked against the fake engine and a real one.

use containai_core::engine::{
    ContainerId, ContainerVolumes, CopyJob, EngineError, ImageSource, RunState, Snapshots,
    VolumeCopier as _, VolumeCopy,
};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::IgnoreEvents;
use containai_core::naming::{RandomId, SnapshotName, VolumeName, VolumeUse};
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
    spec.image = engine.ensure_image(&input.image, ImageSource::Auto, &IgnoreEvents).await?;
    check_missing_container(engine).await;
    let id = engine.create(&spec, &IgnoreEvents).await?;
    let has = engine.container_volumes(&id).await?;
    assert_eq!(
        (Some(&has.data), Some(&has.docker)),
        (spec.data_volume.as_ref(), spec.docker_volume.as_ref())
    );
    check_pause_and_unpause(engine, &id).await?;

    let nonce = RandomId::from_random([0xc0; 6]);
    let to = ContainerVolumes {
        data: VolumeName::of_snapshot(&nonce, VolumeUse::Data),
        docker: VolumeName::of_snapshot(&nonce, VolumeUse::Docker),
    };
    let copies = vec![
        VolumeCopy { from: has.data, to: to.data.clone() },
        VolumeCopy { from: has.docker, to: to.docker.clone() },
    ];
    let job = CopyJob::new(copies, spec.workspace.clone(), spec.image.clone(), spec.isolation)
        .with_snapshot(Some(nonce.clone()))
        .with_paused(vec![id.clone()]);
    let mut copying = engine.start_copy(&job).await?;
    let helper = copying.helper().clone();
    let listed = engine.containers().await?.into_iter().find(|it| it.id == helper);
    let listed = listed.expect("the helper is listed");
    assert_eq!(listed.state, RunState::Running);
    assert_eq!(listed.labels.copied_volumes(), Some(vec![to.data.clone(), to.docker.clone()]));
    assert_eq!(listed.labels.paused_containers(), std::slice::from_ref(&id));
    assert!(engine.owns(&listed.labels) && !listed.serves(&spec.workspace));
    copying.copy().await?;
    copying.sync().await?;
    assert_eq!(users(engine, &nonce).await?, [1, 1]);
    let refused = engine.remove_volume(to.data.as_ref()).await;
    assert!(matches!(refused, Err(EngineError::Refused { status: 409, .. })), "{refused:?}");

    let labels = [(label::SNAPSHOT, nonce.as_str()), (label::SNAPSHOT_NAME, "contract")];
    let image = engine.commit_snapshot(&id, &labels.into_iter().collect::<Labels>()).await?;
    let nameless = |all: &[(String, RandomId)]| all.contains(&(image.clone(), nonce.clone()));
    assert!(nameless(&engine.untagged_snapshots().await?));
    engine.tag_snapshot(&image, &nonce).await?;
    assert!(!nameless(&engine.untagged_snapshots().await?));
    let reference = SnapshotName::image_reference(&nonce);
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
    try_join_all(helpers.map(|helper| engine.remove_helper(helper))).await?;
    engine.remove_helper(&helper).await?;
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
    engine.pause(id).await?;
    assert!(rests(engine.container_times(id).await?.state));
    engine.start(id).await?;
    try_join_all([(); 2].map(|()| engine.pause(id))).await?;
    assert_eq!(engine.container_times(id).await?.state, RunState::Paused);
    try_join_all([(); 2].map(|()| engine.unpause(id))).await?;
    assert_eq!(engine.container_times(id).await?.state, RunState::Running);
    engine.stop(id).await?;
    engine.unpause(id).await?;
    engine.pause(id).await?;
    assert!(rests(engine.container_times(id).await?.state));
    Ok(())
}

/// Returns how many containers use each volume of a snapshot.
async fn users<E: Snapshots>(engine: &E, nonce: &RandomId) -> Result<Vec<usize>, EngineError> {
    let volumes = engine.snapshot_volumes().await?.into_iter();
    let of_it = volumes.filter(|it| it.labels.snapshot().as_ref() == Some(nonce));
    Ok(of_it.map(|it| it.used_by.len()).collect())
}

async fn check_missing_container<E: Snapshots>(engine: &E) {
    let nobody = ContainerId::new("0123456789abcdef");
    let answers = [
        engine.container_volumes(&nobody).await.map(drop),
        engine.pause(&nobody).await,
        engine.commit_snapshot(&nobody, &Labels::default()).await.map(drop),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let is_missing = matches!(answer, Err(EngineError::NoSuchContainer { .. }));
        assert!(is_missing, "call {number}: {answer:?}");
    }
    assert!(engine.remove_helper(&nobody).await.is_ok());
}
