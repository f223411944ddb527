//! Features with all that they depend on, in the order of installation.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use containai_core::devcontainer::{
    Devcontainer, FEATURE_MANIFEST, Feature, FeatureLock, FeatureManifest, FeatureNode,
    FeaturePackage, FeatureSource, LockedFeature, RequestedMount, installation_order,
    provided_instead,
};
use containai_core::hint::Hint;
use containai_core::naming::{Sha256Digest, WorkspacePath};
use containai_docker::image::custom::ContextDir;

use super::fetch::FeatureFetcher;
use super::pins::FeaturePins;
use crate::devcontainer_file::DevcontainerFile;
use crate::error::{OperationError, ResultExt as _};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted manifest, in bytes.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// The maximum number of features with their dependencies.
const MAX_FEATURES: usize = 100;

/// The features of a file with all that they depend on, in the order of installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureSet {
    pub(crate) features: Vec<ResolvedFeature>,
    /// Remarks for the user, one fragment each.
    pub(crate) notes: Vec<String>,
    /// The digests of the features that need approval.
    pub(crate) lock: FeatureLock,
}

/// A feature with its files.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedFeature {
    pub(crate) feature: Feature,
    pub(crate) manifest: FeatureManifest,
    pub(crate) content: FeatureContent,
}

/// The files of a feature.
#[derive(Clone, Debug)]
pub(crate) enum FeatureContent {
    Directory(ContextDir),
    Package(FeaturePackage, Sha256Digest),
}

impl FeatureSet {
    /// Adds the mounts and the remarks of the features. A mount of the file itself, or of a later
    /// feature, replaces one at the same target.
    pub(crate) fn add_to(&self, devcontainer: &mut Devcontainer) {
        let own = std::mem::take(&mut devcontainer.mounts);
        let all = self.features.iter().flat_map(|feature| feature.manifest.mounts.clone());
        let mut mounts: Vec<RequestedMount> = Vec::new();
        for mount in all.chain(own) {
            mounts.retain(|other| other.target != mount.target);
            mounts.push(mount);
        }
        devcontainer.mounts = mounts;
        for note in &self.notes {
            devcontainer.plan.remark(note);
        }
    }
}

/// Resolves the features of a file. Without features, nothing is read.
///
/// # Errors
///
/// A feature is not approved, cannot be downloaded or read, or depends on itself.
pub(crate) async fn resolve(
    devcontainer: &Devcontainer,
    file: &DevcontainerFile,
    workspace: &WorkspacePath,
    pins: &FeaturePins,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<FeatureSet> {
    if devcontainer.features.is_empty() {
        return Ok(FeatureSet::default());
    }
    let fetcher = FeatureFetcher::new(env, reporter);
    let mut resolver = FeatureResolver {
        file,
        workspace,
        pins,
        fetcher,
        digests: BTreeMap::new(),
        nodes: Vec::new(),
        found: Vec::new(),
        set: FeatureSet::default(),
    };
    resolver.collect(&devcontainer.features).await?;
    resolver.finish(&devcontainer.feature_order)
}

struct FeatureResolver<'a> {
    file: &'a DevcontainerFile,
    workspace: &'a WorkspacePath,
    pins: &'a FeaturePins,
    fetcher: FeatureFetcher,
    /// The digests of this run by identifier: one run sees one version of a tag.
    digests: BTreeMap<String, Sha256Digest>,
    nodes: Vec<FeatureNode>,
    found: Vec<ResolvedFeature>,
    set: FeatureSet,
}

impl FeatureResolver<'_> {
    /// Adds features and all that they depend on.
    async fn collect(&mut self, features: &[Feature]) -> crate::Result<()> {
        let mut queue: VecDeque<(Feature, Option<usize>)> =
            features.iter().map(|feature| (feature.clone(), None)).collect();
        while let Some((feature, dependent)) = queue.pop_front() {
            if let Some(instead) = provided_instead(&feature.source) {
                self.note(format!("`{}` is not installed: {instead}", feature.identifier));
                continue;
            }
            let (resolved, digest) = self.load(feature).await?;
            let Feature { source, options, .. } = &resolved.feature;
            let known = self.nodes.iter().position(|node| node.is_same(source, digest, options));
            let position = known.unwrap_or(self.nodes.len());
            if let Some(dependent) = dependent {
                self.nodes[dependent].depends_on.push(position);
            }
            if known.is_none() {
                let needed = resolved.manifest.depends_on.iter().cloned();
                queue.extend(needed.map(|feature| (feature, Some(position))));
                self.add(resolved, digest)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        resolved: ResolvedFeature,
        digest: Option<Sha256Digest>,
    ) -> Result<(), OperationError> {
        if self.nodes.len() == MAX_FEATURES {
            return Err(OperationError::usage(format!("more than {MAX_FEATURES} features"))
                .hint(Hint::new("remove features; each may depend on others")));
        }
        let ResolvedFeature { feature, manifest, .. } = &resolved;
        let ids = [&manifest.id].into_iter().chain(&manifest.legacy_ids).cloned();
        self.nodes.push(FeatureNode {
            source: feature.source.clone(),
            options: feature.options.clone(),
            digest,
            ids: ids.collect(),
            depends_on: Vec::new(),
            installs_after: manifest.installs_after.clone(),
        });
        self.found.push(resolved);
        Ok(())
    }

    /// Reads or downloads a feature. The digest is that of a download.
    async fn load(
        &mut self,
        feature: Feature,
    ) -> crate::Result<(ResolvedFeature, Option<Sha256Digest>)> {
        if let FeatureSource::Directory(directory) = &feature.source {
            return Ok((self.read_directory(&feature, directory)?, None));
        }
        let key = feature.lock_key();
        let expected = match self.digests.get(&key) {
            Some(digest) => Some(*digest),
            None => self.pins.expected(&feature)?,
        };
        let fetched = self.fetcher.fetch(&feature.source, expected).await?;
        let fetched = fetched.with_context(|| format!("`{key}` is not a download"))?;
        let package = fetched.package;
        let text = package.manifest()?.to_owned();
        let manifest = self.parse_manifest(&text, &feature)?;
        self.digests.insert(key.clone(), fetched.digest);
        let version = manifest.version.as_deref();
        let locked = LockedFeature::new(&feature.source, version, fetched.digest);
        self.set.lock.features.insert(key, locked);
        let content = FeatureContent::Package(package, fetched.digest);
        Ok((ResolvedFeature { feature, manifest, content }, Some(fetched.digest)))
    }

    fn read_directory(
        &mut self,
        feature: &Feature,
        directory: &str,
    ) -> crate::Result<ResolvedFeature> {
        let path = format!("{directory}/{FEATURE_MANIFEST}");
        let text = read_text(self.workspace, &path)?;
        let manifest = self.parse_manifest(&text, feature)?;
        if !manifest.mounts.is_empty() {
            let digest = Sha256Digest::of(text.as_bytes());
            self.pins.check(feature, digest)?;
            let version = manifest.version.as_deref();
            let locked = LockedFeature::new(&feature.source, version, digest);
            self.set.lock.features.insert(feature.lock_key(), locked);
        }
        let root = self.workspace.as_path().to_owned();
        let content = FeatureContent::Directory(ContextDir { root, subpath: directory.to_owned() });
        Ok(ResolvedFeature { feature: feature.clone(), manifest, content })
    }

    fn parse_manifest(&self, text: &str, feature: &Feature) -> crate::Result<FeatureManifest> {
        let parsed = self.file.parse_feature(text, &feature.source, self.workspace);
        parsed.with_context(|| format!("cannot use the feature `{}`", feature.identifier))
    }

    /// Orders the features and adds the remarks on them.
    fn finish(mut self, first: &[String]) -> crate::Result<FeatureSet> {
        let order = installation_order(&self.nodes, first)?;
        for resolved in &self.found {
            let ResolvedFeature { feature, manifest, .. } = resolved;
            self.set.notes.extend(feature.notes.iter().cloned());
            self.set.notes.extend(manifest.option_notes(feature));
            if manifest.is_deprecated {
                let name = &feature.identifier;
                self.set.notes.push(format!("the feature `{name}` is no longer maintained"));
            }
        }
        self.set.notes.extend(isolation_note(&self.found));
        let mut found: Vec<Option<ResolvedFeature>> = self.found.into_iter().map(Some).collect();
        self.set.features = order.into_iter().filter_map(|at| found[at].take()).collect();
        Ok(self.set)
    }

    fn note(&mut self, note: String) {
        if !self.set.notes.contains(&note) {
            self.set.notes.push(note);
        }
    }
}

/// Returns one remark on all properties that change the isolation of a container.
fn isolation_note(features: &[ResolvedFeature]) -> Option<String> {
    let mut keys: Vec<&str> =
        features.iter().flat_map(|it| it.manifest.satisfied.iter().copied()).collect();
    keys.sort_unstable();
    keys.dedup();
    // Every container has an init system.
    keys.retain(|key| *key != "init");
    let names = features.iter().filter(|it| it.manifest.satisfied.iter().any(|it| *it != "init"));
    let names: Vec<_> = names.map(|it| it.feature.source.short_name().to_owned()).collect();
    (!keys.is_empty()).then(|| {
        format!(
            "`{}` of the features {} has no effect: root in the container has what it asks for",
            keys.join("`, `"),
            names.join(", ")
        )
    })
}

fn read_text(workspace: &WorkspacePath, path: &str) -> Result<String, OperationError> {
    let read =
        workspace_file::read(workspace, Path::new(path), FollowLinks::Never, MAX_MANIFEST_BYTES);
    let reason = match read {
        Ok(Some(text)) => return Ok(text),
        Ok(None) => "it does not exist".to_owned(),
        Err(refused) => refused.to_string(),
    };
    Err(OperationError::usage(format!("cannot read `{path}` in `{workspace}`: {reason}"))
        .hint(Hint::new("correct `devcontainer.json`, or ignore it with `--devcontainer=off`")))
}
