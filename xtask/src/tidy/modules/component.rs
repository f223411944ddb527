//! Cycles in a graph of names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The names that each name refers to.
pub(super) type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The sets of names that reach each other, each with two names at least.
pub(super) fn components<'a>(graph: &Graph<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<_, _> = graph.keys().map(|name| (*name, reach(graph, name))).collect();
    let mut found: Vec<BTreeSet<_>> = Vec::new();
    for (name, there) in &reached {
        let is_mutual = |other: &&&str| reached.get(**other).is_some_and(|it| it.contains(name));
        let component: BTreeSet<_> = there.iter().filter(is_mutual).copied().collect();
        if component.len() > 1 && !found.contains(&component) {
            found.push(component);
        }
    }
    found
}

/// A shortest way from the first name of a component back to it.
pub(super) fn shortest_cycle<'a>(graph: &Graph<'a>, component: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let cycles = component.iter().filter_map(|start| {
        let mut paths = VecDeque::from([vec![*start]]);
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop_front() {
            for next in path.last().and_then(|last| graph.get(last)).into_iter().flatten() {
                let longer: Vec<_> = path.iter().copied().chain(std::iter::once(*next)).collect();
                if next == start {
                    return Some(longer);
                }
                if component.contains(next) && seen.insert(*next) {
                    paths.push_back(longer);
                }
            }
        }
        None
    });
    cycles.min_by_key(Vec::len).unwrap_or_default()
}

fn reach<'a>(graph: &Graph<'a>, start: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        let next = graph.get(name).into_iter().flatten();
        open.extend(next.copied().filter(|next| seen.insert(*next)));
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph<'a>(edges: &[(&'a str, &'a str)]) -> Graph<'a> {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry(from).or_default().insert(to);
        }
        graph
    }

    #[test]
    fn mutual_reach_is_a_component() {
        let graph =
            graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "b"), ("c", "d"), ("d", "e")]);
        let found = components(&graph);
        assert_eq!(found, [BTreeSet::from(["a", "b", "c"])]);
        assert_eq!(shortest_cycle(&graph, &found[0]), ["b", "c", "b"]);
    }

    #[test]
    fn a_tree_has_none() {
        assert_eq!(components(&graph(&[("a", "b"), ("a", "c"), ("b", "c")])).len(), 0);
    }
}
