//! The folder of the workspace inside the container.

use super::mount::{RequestedMount, parse_mount_string};
use super::plan::DevcontainerPlan;
use crate::layout::CONTAINER_WORKSPACE;
use crate::naming::MountTarget;

/// The parent of the folder that a file without `workspaceFolder` expects.
const WORKSPACES: &str = "/workspaces";

/// The folder of the workspace inside the container.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WorkspaceFolder {
    /// `${containerWorkspaceFolder}`, in which lifecycle commands run: an absolute path.
    pub folder: String,
    /// The place where the workspace is, in addition to `/home/agent/workspace`.
    pub place: WorkspacePlace,
}

/// A second place of the workspace in the container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WorkspacePlace {
    /// `/workspaces/NAME`, with the name of the directory on the host.
    Default,
    /// This directory.
    At(MountTarget),
    /// None.
    Nowhere,
}

/// `workspaceFolder` and `workspaceMount`, of which the folder's own variable is not replaced.
pub(super) struct WrittenFolder<'a> {
    /// The path of the workspace on the host.
    pub(super) local: &'a str,
    /// `workspaceFolder`.
    pub(super) folder: Option<String>,
    /// `workspaceMount`; empty for no mount.
    pub(super) mount: Option<String>,
}

impl WorkspaceFolder {
    /// Determines the folder. A mount of another directory than the workspace is returned as a
    /// further mount.
    pub(super) fn resolve(
        written: &WrittenFolder<'_>,
        plan: &mut DevcontainerPlan,
    ) -> (Self, Option<RequestedMount>) {
        let folder = written.folder.as_deref().map(|path| path.trim_end_matches('/'));
        let folder = match folder {
            Some("") => Some("/"),
            other => other,
        };
        if let Some(path) = folder.filter(|path| !is_absolute(path)) {
            plan.left_out(
                "workspaceFolder",
                format!("`{}` is not an absolute path", path.escape_debug()),
            );
            return (Self::default(), None);
        }
        let Some(mount) = written.mount.as_deref() else {
            return (Self::without_mount(folder, plan), None);
        };
        if mount.is_empty() {
            return (Self::at(folder, WorkspacePlace::Nowhere), None);
        }
        Self::with_mount(written, folder, mount, plan)
    }

    /// Determines the folder without `workspaceMount`: other tools mount the workspace at
    /// `/workspaces/NAME`, and the folder is usually there, or below it.
    fn without_mount(folder: Option<&str>, plan: &mut DevcontainerPlan) -> Self {
        let Some(folder) = folder else { return Self::default() };
        let below = folder.strip_prefix(WORKSPACES).and_then(|rest| rest.strip_prefix('/'));
        let top = below.map_or_else(
            || folder.to_owned(),
            |below| format!("{WORKSPACES}/{}", below.split('/').next().unwrap_or_default()),
        );
        match Self::place(&top) {
            Ok(place) => Self::at(Some(folder), place),
            Err(reason) => {
                plan.left_out("workspaceFolder", reason);
                Self::default()
            }
        }
    }

    fn with_mount(
        written: &WrittenFolder<'_>,
        folder: Option<&str>,
        mount: &str,
        plan: &mut DevcontainerPlan,
    ) -> (Self, Option<RequestedMount>) {
        let options = parse_mount_string(mount).unwrap_or_default();
        let option = |names: &[&str]| {
            names.iter().find_map(|name| options.get(*name)).map(|it| it.trim_end_matches('/'))
        };
        let source = option(&["source", "src"]).unwrap_or_default();
        let target = option(&["target", "destination", "dst"]).unwrap_or_default();
        let target = target.replace("${containerWorkspaceFolder}", folder.unwrap_or_default());
        let is_workspace = source == written.local.trim_end_matches('/');
        let place = match is_workspace {
            true => Self::place(&target),
            false => Ok(WorkspacePlace::Nowhere),
        };
        let folder = folder.unwrap_or(&target);
        match place {
            Err(reason) => {
                plan.left_out("workspaceMount", reason);
                (Self::default(), None)
            }
            Ok(WorkspacePlace::Nowhere) if !is_workspace => {
                let text = mount.replace("${containerWorkspaceFolder}", folder);
                match RequestedMount::parse("workspaceMount", &text, plan) {
                    Some(mount) => (Self::at(Some(folder), WorkspacePlace::Nowhere), Some(mount)),
                    None => (Self::default(), None),
                }
            }
            Ok(place) => (Self::at(Some(folder), place), None),
        }
    }

    /// Returns the place at a path; none for the workspace's own place.
    fn place(path: &str) -> Result<WorkspacePlace, String> {
        let is_own = path.strip_prefix(CONTAINER_WORKSPACE);
        if path == "/" || is_own.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Ok(WorkspacePlace::Nowhere);
        }
        MountTarget::parse(path).map(WorkspacePlace::At).map_err(|_| {
            format!(
                "the workspace cannot be at `{}`, and is at `{CONTAINER_WORKSPACE}`",
                path.escape_debug()
            )
        })
    }

    fn at(folder: Option<&str>, place: WorkspacePlace) -> Self {
        Self { folder: folder.unwrap_or(CONTAINER_WORKSPACE).to_owned(), place }
    }

    /// Returns the target of a mount within the workspace's own place, because the second place
    /// is mounted over it when the container boots.
    pub(super) fn relocate(&self, target: &str, local: &str) -> String {
        let place = match &self.place {
            WorkspacePlace::At(place) => place.as_str().to_owned(),
            WorkspacePlace::Default => {
                format!("{WORKSPACES}/{}", local.rsplit('/').next().unwrap_or_default())
            }
            WorkspacePlace::Nowhere => return target.to_owned(),
        };
        match target.strip_prefix(&place).filter(|rest| rest.starts_with('/')) {
            Some(rest) => format!("{CONTAINER_WORKSPACE}{rest}"),
            None => target.to_owned(),
        }
    }
}

impl Default for WorkspaceFolder {
    fn default() -> Self {
        Self { folder: CONTAINER_WORKSPACE.to_owned(), place: WorkspacePlace::Default }
    }
}

fn is_absolute(path: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    path == "/"
        || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_part))
            && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspace_is_where_the_file_expects_it() {
        let check = |folder: Option<&str>, mount: Option<&str>| {
            let written = WrittenFolder {
                local: "/src/api",
                folder: folder.map(str::to_owned),
                mount: mount.map(str::to_owned),
            };
            let mut plan = DevcontainerPlan::default();
            let (found, further) = WorkspaceFolder::resolve(&written, &mut plan);
            let place = match &found.place {
                WorkspacePlace::Default => "default".to_owned(),
                WorkspacePlace::At(place) => place.to_string(),
                WorkspacePlace::Nowhere => "-".to_owned(),
            };
            let mut line = format!("{} {place}", found.folder);
            line.extend(further.map(|mount| format!(" + {mount}")));
            line.extend(plan.entries().iter().map(|entry| format!("; {entry}")));
            line
        };
        let own = "source=/src/api,target=";
        let mounted = |target: &str| format!("type=bind,{own}{target},consistency=cached");
        let all = [
            check(None, None),
            check(Some("/w/"), None),
            check(Some("/workspaces/api"), None),
            check(Some("/workspaces/other/examples/a"), None),
            check(Some("/"), None),
            check(Some("/home/agent/workspace/sub"), None),
            check(Some("/etc"), None),
            check(Some("/home"), None),
            check(Some("w"), None),
            check(Some("/a/../b"), None),
            check(None, Some(&mounted("/app"))),
            check(Some("/app/sub"), Some(&mounted("/app/"))),
            check(Some("/go/src/x"), Some(&mounted("${containerWorkspaceFolder}"))),
            check(Some("/app"), Some("")),
            check(Some("/all/api"), Some("source=/src,target=/all,type=bind")),
            check(Some("/app"), Some("source=code,target=/app,type=volume")),
            check(Some("/app"), Some("source=/src/api,target=/etc,type=bind")),
            check(Some("/app"), Some("nonsense")),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn mounts_below_the_second_place_move_to_the_first() {
        let at = |place| WorkspaceFolder { folder: "/w".into(), place };
        let place = WorkspacePlace::At(MountTarget::parse("/w").expect("a target"));
        for (place, target, expected) in [
            (place.clone(), "/w/node_modules", "/home/agent/workspace/node_modules"),
            (place.clone(), "/www", "/www"),
            (place, "/w", "/w"),
            (WorkspacePlace::Default, "/workspaces/api/x", "/home/agent/workspace/x"),
            (WorkspacePlace::Default, "/workspaces/other", "/workspaces/other"),
            (WorkspacePlace::Nowhere, "/w/x", "/w/x"),
        ] {
            assert_eq!(at(place).relocate(target, "/src/api"), expected, "{target}");
        }
    }
}
