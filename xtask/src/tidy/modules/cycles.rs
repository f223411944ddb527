//! Modules that need each other.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Graph, components, shortest_cycle};
use super::reference::ReferenceKind;
use super::tree::{ModulePath, Tree};
use crate::tidy::source::{PUBLISHED, Source};

/// Cycles that are allowed: package, parent module, the modules that may refer
/// to each other, and why that is harmless.
const EXCEPTIONS: [(&str, &str, &[&str], &str); 0] = [];

/// The place of the first reference from one module to another.
type Places<'a> = BTreeMap<(&'a str, &'a str), (&'a str, usize)>;

/// Modules with one parent do not refer to each other in a circle. This holds
/// for the modules at the top of a package and for those in each of its
/// folders; a reference of any file below a module belongs to that module.
///
/// References between a module and one below it are not looked at, as these are
/// one noun, and `pub use` is none: a path through it leads to the module that
/// has the item.
pub(in crate::tidy) fn check(sources: &[Source]) -> Vec<String> {
    PUBLISHED.into_iter().flat_map(|package| in_package(package, sources)).collect()
}

fn in_package(package: &str, sources: &[Source]) -> Vec<String> {
    let tree = Tree::of(package, sources);
    let mut folders: BTreeMap<ModulePath<'_>, (Graph<'_>, Places<'_>)> = BTreeMap::new();
    for (from, module) in &tree.modules {
        for reference in &module.references {
            if matches!(reference.kind, ReferenceKind::Reexport(_)) {
                continue;
            }
            let Some(to) = tree.resolve(from, &reference.path) else { continue };
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) else { continue };
            let (graph, places) = folders.entry(from[..shared].to_vec()).or_default();
            graph.entry(one).or_default().insert(other);
            places.entry((one, other)).or_insert((&module.source.path, reference.line));
        }
    }
    let in_folder = |(parent, (graph, places)): (&ModulePath<'_>, &(Graph<'_>, Places<'_>))| {
        let parent = parent.join("::");
        let found = components(graph).into_iter();
        let found = found.filter(|component| !is_exception(package, &parent, component));
        found.map(|component| describe(&parent, &component, graph, places)).collect::<Vec<_>>()
    };
    folders.iter().flat_map(in_folder).collect()
}

fn is_exception(package: &str, parent: &str, component: &BTreeSet<&str>) -> bool {
    EXCEPTIONS.iter().any(|(of, below, modules, _)| {
        *of == package && *below == parent && component.iter().all(|it| modules.contains(it))
    })
}

/// A finding at the first reference of the shortest cycle, with the places of its
/// other references and all modules that are in circles with it.
fn describe<'a>(
    parent: &str,
    component: &BTreeSet<&'a str>,
    graph: &Graph<'a>,
    places: &Places<'a>,
) -> String {
    let cycle = shortest_cycle(graph, component);
    let steps: Vec<_> = cycle.windows(2).map(|pair| places[&(pair[0], pair[1])]).collect();
    let list: Vec<_> = steps.iter().skip(1).map(|(path, line)| format!("{path}:{line}")).collect();
    let (path, line) = steps.first().copied().unwrap_or_default();
    let prefix = if parent.is_empty() { "crate" } else { parent };
    let (steps, list) = (cycle.join(" -> "), list.join(", "));
    let more = match component.len() + 1 > cycle.len() {
        true => {
            format!("; in circles: {}", component.iter().copied().collect::<Vec<_>>().join(", "))
        }
        false => String::new(),
    };
    format!("{path}:{line}: a cycle between the modules of `{prefix}`: {steps} ({list}){more}")
}

#[cfg(test)]
mod tests {
    use super::super::super::source::source;
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let source =
            |(path, text): &(&str, &str)| source(&format!("containai-ssh/src/{path}"), text);
        check(&files.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn modules_at_the_top_form_no_circle() {
        let found = findings(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
            ("a/mod.rs", "mod c;\npub use c::A;\n"),
            ("a/c.rs", "\npub struct A(crate::b::B);\n"),
            ("b.rs", "use crate::A;\n"),
        ]);
        assert_eq!(
            found,
            ["containai-ssh/src/a/c.rs:2: a cycle between the modules of `crate`: a -> b -> a \
              (containai-ssh/src/b.rs:1)"]
        );
    }

    #[test]
    fn modules_of_a_folder_form_no_circle() {
        let one = ("x/a.rs", "use super::b::B;\n");
        assert_eq!(findings(&[one, ("x/b.rs", "use super::a::A;\n")]).len(), 1);
        assert_eq!(findings(&[one, ("x/b.rs", "#[cfg(test)]\nuse super::a::A;\n")]).len(), 0);
        assert_eq!(findings(&[one, ("x/b.rs", "pub use super::a::A;\n")]).len(), 0);
    }

    #[test]
    fn a_module_and_its_children_are_one_noun() {
        let files = [("a/mod.rs", "mod b;\nuse b::B;\nfn f() {}\n"), ("a/b.rs", "use super::f;\n")];
        assert_eq!(findings(&files).len(), 0);
    }
}
