//! The modules of one package.

use std::collections::BTreeMap;

use super::reference::{GLOB, Reference, ReferenceKind, references};
use crate::tidy::source::Source;

/// A module's path from the top of its package, which is the empty path.
pub(super) type ModulePath<'a> = Vec<&'a str>;

/// One file and its references.
#[derive(Debug)]
pub(super) struct Module<'a> {
    pub(super) source: &'a Source,
    pub(super) references: Vec<Reference<'a>>,
}

/// The modules of one package, by path.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) modules: BTreeMap<ModulePath<'a>, Module<'a>>,
}

/// Re-exports of re-exports are followed to this depth.
const DEPTH: usize = 16;

impl<'a> Tree<'a> {
    /// The product code of a package; its other binaries are no modules of it.
    pub(super) fn of(package: &str, sources: &'a [Source]) -> Self {
        let files = sources.iter().filter(|source| source.product_of() == Some(package));
        let modules = files.filter_map(|source| {
            let path = module_path(source.path.split_once("/src/")?.1)?;
            let references = references(&source.lexed.code);
            Some((path, Module { source, references }))
        });
        Self { modules: modules.collect() }
    }

    /// The module that holds the item of a path as it is written in `from`;
    /// none for items of other packages.
    pub(super) fn resolve(&self, from: &[&'a str], path: &[&'a str]) -> Option<ModulePath<'a>> {
        self.follow(from, path, DEPTH)
    }

    fn follow(&self, from: &[&'a str], path: &[&'a str], depth: usize) -> Option<ModulePath<'a>> {
        let depth = depth.checked_sub(1)?;
        let (first, mut rest) = path.split_first()?;
        let mut module = match *first {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            name => {
                let child = child(from, name);
                match self.modules.contains_key(&child) {
                    true => child,
                    false => return self.follow_name(from, name, rest, depth),
                }
            }
        };
        while let Some((name, behind)) = rest.split_first() {
            let child = child(&module, name);
            if *name == "super" {
                module.pop()?;
            } else if self.modules.contains_key(&child) {
                module = child;
            } else {
                let elsewhere = self.follow_name(&module, name, behind, depth);
                return Some(elsewhere.unwrap_or(module));
            }
            rest = behind;
        }
        Some(module)
    }

    /// Follows a name that a `use` of the module brings into it.
    fn follow_name(
        &self,
        module: &[&'a str],
        name: &'a str,
        rest: &[&'a str],
        depth: usize,
    ) -> Option<ModulePath<'a>> {
        let imports = self.modules.get(module)?.references.iter().filter_map(|it| match it.kind {
            ReferenceKind::Import(alias) | ReferenceKind::Reexport(alias) => Some((alias, it)),
            ReferenceKind::Inline => None,
        });
        let named = imports.clone().find(|(alias, _)| *alias == name);
        if let Some((_, import)) = named {
            let path: Vec<_> = import.path.iter().chain(rest).copied().collect();
            // `use name::…` that leads to itself is an item of another package.
            return (import.path != [name]).then(|| self.follow(module, &path, depth))?;
        }
        // A glob brings the public types, which are defined or re-exported there.
        imports.filter(|(alias, _)| *alias == GLOB).find_map(|(_, import)| {
            let there = self.follow(module, &import.path, depth)?;
            let code = &self.modules.get(&there)?.source.lexed.code;
            let is_there = [" ", "::"].iter().any(|it| code.contains(&format!("{it}{name}")));
            let path: Vec<_> = std::iter::once(name).chain(rest.iter().copied()).collect();
            is_there.then(|| self.follow(&there, &path, depth).unwrap_or(there))
        })
    }
}

fn child<'a>(module: &[&'a str], name: &'a str) -> ModulePath<'a> {
    module.iter().copied().chain(std::iter::once(name)).collect()
}

/// The path of the module in a file below `src`.
fn module_path(file: &str) -> Option<ModulePath<'_>> {
    let file = file.strip_suffix(".rs")?;
    let mut path: Vec<_> = file.split('/').collect();
    if path.first() == Some(&"bin") {
        return None;
    }
    if path.last() == Some(&"mod") || matches!(file, "lib" | "main") {
        path.pop();
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::super::super::source::source;
    use super::*;

    #[test]
    fn files_are_modules() {
        assert_eq!(module_path("lib.rs"), Some(vec![]));
        assert_eq!(module_path("a/mod.rs"), Some(vec!["a"]));
        assert_eq!(module_path("a/b.rs"), Some(vec!["a", "b"]));
        assert_eq!(module_path("bin/a.rs"), None);
    }

    #[test]
    fn paths_lead_to_the_file_of_the_item() {
        let files = [
            source("containai-ssh/src/lib.rs", "pub use a::Thing;"),
            source("containai-ssh/src/a/mod.rs", "mod b;\npub use b::{Deep, Thing};\ntrait T {}"),
            source("containai-ssh/src/a/b.rs", "use crate::c;\npub use super::super::c::Far;"),
            source("containai-ssh/src/c.rs", "use std::io;"),
        ];
        let tree = Tree::of("containai-ssh", &files);
        let check = |from: &[&'static str], path: &'static str, expected: Option<&str>| {
            let path: Vec<_> = path.split("::").collect();
            let found = tree.resolve(from, &path).map(|it| it.join("::"));
            assert_eq!(found.as_deref(), expected, "{path:?}");
        };
        check(&["c"], "crate::a::T", Some("a"));
        check(&["c"], "crate::a::Deep", Some("a::b"));
        check(&["c"], "crate::Thing", Some("a::b"));
        check(&["a", "b"], "super::T", Some("a"));
        check(&["a", "b"], "c::x", Some("c"));
        check(&["c"], "crate::a::b::Far", Some("c"));
        check(&["c"], "io::Error", None);
        check(&["c"], "std::io", None);
    }
}
