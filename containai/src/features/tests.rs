//! Features from the cache, with a registry that cannot be reached.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use containai_core::archive::{FileTime, Member, MemberKind, MemberPath, MemberWriter, Owner};
use containai_core::config::DevcontainerChoice;
use containai_core::devcontainer::{FEATURE_MANIFEST, FeatureLock, FeatureSource, LockedFeature};
use containai_core::naming::{Sha256Digest, WorkspacePath};
use tempfile::TempDir;

use super::cache::DownloadCache;
use super::{FeaturePins, FeatureSet, resolve};
use crate::devcontainer_file::DevcontainerFile;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::trust::StoredApproval;

/// A registry that cannot be reached: all results come from the cache.
const HOST: &str = "127.0.0.1:1";

struct Fixture {
    _place: TempDir,
    env: ProcessEnv,
    workspace: WorkspacePath,
    approved: FeatureLock,
}

impl Fixture {
    fn new() -> anyhow::Result<Self> {
        let place = TempDir::new()?;
        let (home, workspace) = (place.path().join("home"), place.path().join("workspace"));
        fs::create_dir_all(&home)?;
        fs::create_dir_all(workspace.join(".devcontainer"))?;
        let workspace = WorkspacePath::new(&fs::canonicalize(workspace)?)?;
        let env = ProcessEnv::new(home);
        Ok(Self { _place: place, env, workspace, approved: FeatureLock::default() })
    }

    /// Keeps and approves a feature of the registry, by its manifest.
    fn approve(&mut self, name: &str, manifest: &str) -> anyhow::Result<Sha256Digest> {
        let mut tar = MemberWriter::new(Vec::new(), "");
        for (path, content) in [(FEATURE_MANIFEST, manifest), ("install.sh", "#!/bin/sh\n")] {
            tar.start_member(&Member {
                path: MemberPath::parse(path.as_bytes())?,
                kind: MemberKind::File { size: content.len() as u64, sparse_map: None },
                mode: 0o644,
                owner: Owner { uid: 0, gid: 0 },
                modified: FileTime { seconds: 0, nanoseconds: 0 },
                attributes: BTreeMap::new(),
            })?;
            tar.write_all(content.as_bytes())?;
        }
        let tarball = tar.finish()?;
        let artifact = format!(
            r#"{{"config": {{"mediaType": "application/vnd.devcontainers", "digest": "", "size": 2}},
                "layers": [{{"mediaType": "application/vnd.devcontainers.layer.v1+tar", "digest": "{}", "size": 1}}]}}"#,
            Sha256Digest::of(&tarball)
        );
        let cache = DownloadCache::new(self.env.layout.feature_cache());
        cache.write(&tarball)?;
        cache.write(artifact.as_bytes())?;
        let digest = Sha256Digest::of(artifact.as_bytes());
        let source = FeatureSource::Directory(name.to_owned());
        let locked = LockedFeature::new(&source, None, digest);
        self.approved.features.insert(format!("{HOST}/{name}"), locked);
        Ok(digest)
    }

    async fn resolve(&self, features: &str) -> anyhow::Result<FeatureSet> {
        let text = format!("{{\"features\": {{{features}}}}}").replace("HOST", HOST);
        fs::write(self.workspace.as_path().join(".devcontainer/devcontainer.json"), &text)?;
        let approval = StoredApproval {
            workspace: self.workspace.to_string(),
            text,
            features: self.approved.clone(),
        };
        approval.save(
            &self
                .env
                .layout
                .devcontainer_trust_file(&self.workspace, ".devcontainer/devcontainer.json"),
        )?;
        let choice = DevcontainerChoice::Discovered;
        let file = DevcontainerFile::find(&self.env, &self.workspace, &choice)?;
        let file = file.expect("it was just written");
        let pins = FeaturePins::approved(&file, &self.workspace)?;
        let reporter = Reporter::default();
        let read = file.parse(&self.workspace)?;
        Ok(resolve(&read, &file, &self.workspace, &pins, &self.env, &reporter).await?)
    }
}

fn names(set: &FeatureSet) -> Vec<String> {
    let names = set.features.iter().map(|it| it.feature.source.short_name().to_owned());
    names.collect()
}

#[tokio::test]
async fn approved_features_are_found_without_a_network() -> anyhow::Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.approve("b", r#"{"id": "b", "dependsOn": {"127.0.0.1:1/c": {"x": "1"}}}"#)?;
    fixture.approve("c", r#"{"id": "c", "capAdd": ["SYS_PTRACE"], "deprecated": true}"#)?;
    let directory = fixture.workspace.as_path().join(".devcontainer/a");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join(FEATURE_MANIFEST), "{\"installsAfter\": [\"127.0.0.1:1/b\"]}")?;
    let all = r#""./a": {}, "HOST/b": {}, "HOST/c": {"x": "1"}, "ghcr.io/devcontainers/features/sshd": {}"#;
    let set = fixture.resolve(all).await?;
    assert_eq!(names(&set), ["c", "b", "a"]);
    insta::assert_snapshot!(set.notes.join("\n"));
    let set = fixture.resolve(r#""HOST/b": {}, "HOST/c": {"x": "2"}"#).await?;
    assert_eq!(names(&set), ["c", "c", "b"]);
    Ok(())
}

#[tokio::test]
async fn only_the_approved_digests_are_used() -> anyhow::Result<()> {
    let mut fixture = Fixture::new()?;
    let refused =
        |outcome: anyhow::Result<FeatureSet>| format!("{:#}", outcome.expect_err("it is refused"));
    let missing = refused(fixture.resolve(r#""HOST/b": {}"#).await);
    assert_eq!(missing, "the feature `HOST/b` is not approved".replace("HOST", HOST));
    let digest = fixture.approve("b", r#"{"id": "b", "dependsOn": {"127.0.0.1:1/c": {}}}"#)?;
    let missing = refused(fixture.resolve(r#""HOST/b": {}"#).await);
    assert_eq!(missing, "the feature `HOST/c` is not approved".replace("HOST", HOST));
    // What is in the cache was changed, so it is downloaded again.
    fs::write(fixture.env.layout.feature_cache().join(digest.to_hex()), "{}")?;
    let changed = refused(fixture.resolve(r#""HOST/b": {}"#).await);
    assert!(changed.starts_with(&format!("cannot download `{HOST}/b@{digest}`")), "{changed}");
    // The mounts of a directory are approved with its manifest.
    let directory = fixture.workspace.as_path().join(".devcontainer/a");
    fs::create_dir_all(&directory)?;
    let manifest = r#"{"mounts": ["type=volume,source=cache,target=/cache"]}"#;
    fs::write(directory.join(FEATURE_MANIFEST), manifest)?;
    let missing = refused(fixture.resolve(r#""./a": {}"#).await);
    assert_eq!(missing, "the feature `./a` asks for mounts and is not approved");
    let source = FeatureSource::Directory("a".to_owned());
    let locked = LockedFeature::new(&source, None, Sha256Digest::of(manifest.as_bytes()));
    fixture.approved.features.insert("./a".to_owned(), locked);
    assert_eq!(names(&fixture.resolve(r#""./a": {}"#).await?), ["a"]);
    Ok(())
}
