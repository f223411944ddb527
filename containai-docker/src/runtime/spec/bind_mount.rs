use std::path::{Path, PathBuf};

use containai_core::layout::CONTAINER_CAI;
use serde_json::Value;

use super::Spec;

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct BindMount {
    pub(in crate::runtime) index: usize,
    /// Path on the host.
    pub(in crate::runtime) source: PathBuf,
    /// Whether mounts below the source are included.
    pub(in crate::runtime) recursive: bool,
    /// Whether the mount is read-only.
    pub(in crate::runtime) read_only: bool,
}

/// Returns the bind mounts of the user's directories, mainly the workspace: their sources are
/// outside of the engine's directory.
///
/// That directory is found by the files that the engine creates for every container,
/// `<dir>/containers/<id>/hostname` and others; volumes are in it too. Owners of the engine's
/// files are in the subordinate range already. Files of lxcfs are excluded, because they belong to
/// the host.
pub(in crate::runtime) fn user_binds(spec: &Spec, id: &str) -> Vec<BindMount> {
    let mounts = spec.list("/mounts");
    let is_own = |bind: &BindMount| {
        let mount = &mounts[bind.index];
        is_staged_device(mount) || is_program(mount) || bind.source.starts_with(super::lxcfs::ROOT)
    };
    let mut binds = external_binds(spec, id);
    binds.retain(|bind| !is_own(bind));
    binds
}

/// Returns all bind mounts whose sources are outside of the engine's directory, without exceptions.
pub(in crate::runtime) fn external_binds(spec: &Spec, id: &str) -> Vec<BindMount> {
    let engine = find_engine_dir(spec, id);
    binds(spec, |source| engine.is_none_or(|engine| !source.starts_with(engine)))
}

/// Returns the bind mounts of the engine's own files: volumes, and the files that it creates per
/// container.
pub(in crate::runtime) fn engine_binds(spec: &Spec, id: &str) -> Vec<BindMount> {
    let engine = find_engine_dir(spec, id);
    binds(spec, |source| engine.is_some_and(|engine| source.starts_with(engine)))
}

fn find_engine_dir<'a>(spec: &'a Spec, id: &str) -> Option<&'a Path> {
    spec.list("/mounts").iter().filter_map(bind_source).find_map(|source| engine_dir(source, id))
}

fn binds(spec: &Spec, is_wanted: impl Fn(&Path) -> bool) -> Vec<BindMount> {
    let bind = |(index, mount): (usize, &Value)| {
        let source = bind_source(mount).filter(|source| is_wanted(source))?;
        let recursive = options(mount).any(|option| option == "rbind");
        let read_only = options(mount).any(|option| option == "ro");
        Some(BindMount { index, source: source.to_owned(), recursive, read_only })
    };
    spec.list("/mounts").iter().enumerate().filter_map(bind).collect()
}

/// Replaces the source of the bind mount; its options and destination stay.
pub(in crate::runtime) fn set_source(spec: &mut Spec, bind: &BindMount, source: &Path) {
    let mount = spec.list_mut(&[], "mounts").get_mut(bind.index).and_then(Value::as_object_mut);
    if let Some(mount) = mount {
        mount.insert("source".to_owned(), source.to_string_lossy().into());
    }
}

/// Returns `<dir>` of `<dir>/containers/<id>/…`.
fn engine_dir<'a>(source: &'a Path, id: &str) -> Option<&'a Path> {
    let containers = source
        .ancestors()
        .find(|path| path.file_name().is_some_and(|name| name == id))?
        .parent()?;
    (containers.file_name()? == "containers").then(|| containers.parent()).flatten()
}

fn bind_source(mount: &Value) -> Option<&Path> {
    let is_bind =
        mount["type"] == "bind" || options(mount).any(|option| matches!(option, "bind" | "rbind"));
    is_bind.then(|| mount["source"].as_str().map(Path::new)).flatten()
}

fn options(mount: &Value) -> impl Iterator<Item = &str> {
    mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Returns whether this is the mount of the runtime's own program; its owner has no id in the
/// container, and must stay unmapped.
fn is_program(mount: &Value) -> bool {
    mount["destination"] == CONTAINER_CAI
}

/// Returns whether this is a device node that the runtime created.
fn is_staged_device(mount: &Value) -> bool {
    super::device::DEVICES.iter().any(|device| mount["destination"] == device.path)
}
