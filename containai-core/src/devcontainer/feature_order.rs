//! The order in which features are installed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::feature_source::FeatureSource;
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::{ArtifactVersion, Sha256Digest};

/// A feature in the graph of dependencies.
#[derive(Clone, Debug)]
pub struct FeatureNode {
    /// The source.
    pub source: FeatureSource,
    /// The options as given.
    pub options: BTreeMap<String, String>,
    /// The digest of the content; `None` for a directory.
    pub digest: Option<Sha256Digest>,
    /// The id of the manifest and its earlier ids.
    pub ids: Vec<String>,
    /// The positions of the features to install before.
    pub depends_on: Vec<usize>,
    /// The resources of features to install before, if they are installed at all.
    pub installs_after: Vec<String>,
}

impl FeatureNode {
    /// Returns whether both install the same content with the same options.
    pub fn is_same(
        &self,
        source: &FeatureSource,
        digest: Option<Sha256Digest>,
        options: &BTreeMap<String, String>,
    ) -> bool {
        let is_same_content = match (self.digest, digest) {
            (None, None) => self.source == *source,
            (own, other) => own == other,
        };
        is_same_content && self.options == *options
    }

    /// Returns whether a resource without a version names this feature, by its name or by one that it
    /// has in the same collection.
    fn is_named(&self, resource: &str) -> bool {
        let has_id = |id: &String| self.source.sibling(id).as_deref() == Some(resource);
        self.source.resource() == resource || self.ids.iter().any(has_id)
    }
}

/// Returns the positions of the features in the order of installation: in rounds, each with all
/// features whose dependencies are installed. `first` are resources without a version that are
/// preferred within a round, most preferred first.
///
/// Source: <https://containers.dev/implementors/features/#installation-order>.
///
/// # Errors
///
/// [`FeatureCycle`] if features depend on each other.
pub fn installation_order(
    nodes: &[FeatureNode],
    first: &[String],
) -> Result<Vec<usize>, FeatureCycle> {
    let position = |node: &FeatureNode| first.iter().position(|name| node.is_named(name));
    let priority: Vec<usize> =
        nodes.iter().map(|node| position(node).map_or(0, |at| first.len() - at)).collect();
    let before: Vec<Vec<usize>> = (0..nodes.len()).map(|at| predecessors(nodes, at)).collect();
    let mut order: Vec<usize> = Vec::new();
    let mut waiting: Vec<usize> = (0..nodes.len()).collect();
    while !waiting.is_empty() {
        let is_ready = |at: &&usize| before[**at].iter().all(|it| order.contains(it));
        let ready: Vec<usize> = waiting.iter().filter(is_ready).copied().collect();
        let Some(highest) = ready.iter().map(|&at| priority[at]).max() else {
            let names = waiting.iter().map(|&at| nodes[at].source.to_string());
            return Err(FeatureCycle { features: names.collect() });
        };
        let mut round: Vec<usize> =
            ready.into_iter().filter(|&at| priority[at] == highest).collect();
        round.sort_by(|&a, &b| compare(&nodes[a], &nodes[b]));
        waiting.retain(|at| !round.contains(at));
        order.extend(round);
    }
    Ok(order)
}

/// Returns the features to install before the one at this position. A feature that is installed with
/// several options follows none of its own installations.
fn predecessors(nodes: &[FeatureNode], at: usize) -> Vec<usize> {
    let node = &nodes[at];
    let is_soft = |other: &usize| {
        *other != at
            && nodes[*other].source.resource() != node.source.resource()
            && node.installs_after.iter().any(|name| nodes[*other].is_named(name))
    };
    let soft = (0..nodes.len()).filter(is_soft);
    node.depends_on.iter().copied().chain(soft).collect()
}

/// Compares features of one round: by resource, from the oldest to the newest tag, by the number of
/// options, the options, and the digest.
fn compare(a: &FeatureNode, b: &FeatureNode) -> Ordering {
    let resources = || a.source.resource().cmp(&b.source.resource());
    let tags = || compare_tags(tag(&a.source), tag(&b.source));
    let options = || {
        let keys = || a.options.keys().cmp(b.options.keys());
        let values = || a.options.values().cmp(b.options.values());
        b.options.len().cmp(&a.options.len()).then_with(keys).then_with(values)
    };
    resources().then_with(tags).then_with(options).then_with(|| a.digest.cmp(&b.digest))
}

fn tag(source: &FeatureSource) -> Option<&str> {
    let FeatureSource::Registry(reference) = source else { return None };
    match reference.version() {
        ArtifactVersion::Tag(tag) => Some(tag),
        ArtifactVersion::Digest(_) => None,
    }
}

/// Compares tags as versions; `latest` is the newest.
fn compare_tags(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return Ordering::Equal };
    let numbers = |tag: &str| {
        let parts = tag.split('.').map(|part| part.parse::<u64>().ok());
        parts.collect::<Option<Vec<u64>>>()
    };
    match (numbers(a), numbers(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Features depend on each other.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("features depend on each other: {}", .features.join(", "))]
#[non_exhaustive]
pub struct FeatureCycle {
    /// The features that cannot be ordered.
    pub features: Vec<String>,
}

impl Advice for FeatureCycle {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(
            "remove one of them from `features`; `dependsOn` and `installsAfter` in their manifests form a cycle",
        )]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(identifier: &str, depends_on: &[usize], installs_after: &[&str]) -> FeatureNode {
        let source = FeatureSource::parse(identifier, "", "k").expect("a source");
        let digest = source.is_downloaded().then(|| Sha256Digest::of(identifier.as_bytes()));
        FeatureNode {
            ids: vec![source.short_name().to_owned()],
            source,
            options: BTreeMap::new(),
            digest,
            depends_on: depends_on.to_vec(),
            installs_after: installs_after.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn order(nodes: &[FeatureNode], first: &[&str]) -> String {
        let first: Vec<_> = first.iter().map(|it| (*it).to_owned()).collect();
        match installation_order(nodes, &first) {
            Ok(order) => {
                let names = order.into_iter().map(|at| nodes[at].source.short_name());
                names.collect::<Vec<_>>().join(" ")
            }
            Err(cycle) => cycle.to_string(),
        }
    }

    #[test]
    fn rounds_follow_the_specification() {
        let nodes = [
            node("ghcr.io/x/c", &[], &["ghcr.io/x/z", "ghcr.io/x/absent"]),
            node("ghcr.io/x/b", &[3], &[]),
            node("ghcr.io/x/a", &[], &["ghcr.io/x/b"]),
            node("ghcr.io/x/z", &[], &[]),
            node("ghcr.io/x/y", &[], &[]),
        ];
        assert_eq!(order(&nodes, &[]), "y z b c a");
        // A preferred feature waits for its own dependencies only.
        assert_eq!(order(&nodes, &["ghcr.io/x/c", "ghcr.io/x/z"]), "z c b y a");
        assert_eq!(order(&nodes, &["ghcr.io/x/a", "ghcr.io/x/b"]), "y z b a c");
        assert_eq!(order(&[], &["ghcr.io/x/a"]), "");
    }

    #[test]
    fn earlier_ids_satisfy_soft_dependencies() {
        let mut renamed = node("ghcr.io/x/new", &[], &[]);
        renamed.ids.push("old".to_owned());
        let nodes = [node("ghcr.io/x/a", &[], &["ghcr.io/x/old"]), renamed.clone()];
        assert_eq!(order(&nodes, &[]), "new a");
        let nodes = [node("ghcr.io/y/a", &[], &["ghcr.io/y/old"]), renamed];
        // Another collection: ordered by name only.
        assert_eq!(order(&nodes, &[]), "new a");
    }

    #[test]
    fn cycles_are_named() {
        let nodes = [
            node("ghcr.io/x/a", &[], &["ghcr.io/x/b"]),
            node("ghcr.io/x/b", &[0], &[]),
            node("./c", &[], &[]),
        ];
        let expected = "features depend on each other: ghcr.io/x/a:latest, ghcr.io/x/b:latest";
        assert_eq!(order(&nodes, &[]), expected);
    }

    #[test]
    fn one_feature_with_several_versions_and_options() {
        let with = |tag: &str, options: &[(&str, &str)]| {
            let mut node = node(&format!("ghcr.io/x/a:{tag}"), &[], &["ghcr.io/x/a"]);
            node.options =
                options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            node
        };
        let nodes = [
            with("latest", &[]),
            with("10", &[]),
            with("9.1", &[("a", "2")]),
            with("9.1", &[("a", "1")]),
            with("9.1", &[("a", "1"), ("b", "1")]),
            with("9", &[]),
        ];
        assert_eq!(installation_order(&nodes, &[]), Ok(vec![5, 4, 3, 2, 1, 0]));
        let same = |node: &FeatureNode| nodes[1].is_same(&node.source, node.digest, &node.options);
        assert_eq!(nodes.iter().filter(|node| same(node)).count(), 1);
    }

    proptest! {
        #[test]
        fn dependencies_come_first(edges in prop::collection::vec((0usize..6, 0usize..6), 0..12)) {
            let mut nodes: Vec<_> = ('a'..='f').map(|c| node(&format!("./{c}"), &[], &[])).collect();
            for (from, to) in edges {
                // Edges to smaller positions only, so there is no cycle.
                if to < from {
                    nodes[from].depends_on.push(to);
                }
            }
            let order = installation_order(&nodes, &["c".to_owned()]).expect("no cycle");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..nodes.len()).collect::<Vec<_>>());
            for (at, node) in nodes.iter().enumerate() {
                let place = |of: usize| order.iter().position(|&it| it == of);
                prop_assert!(node.depends_on.iter().all(|&it| place(it) < place(at)));
            }
        }
    }
}
