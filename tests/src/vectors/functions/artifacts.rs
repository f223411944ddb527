//! The shipped manifests.

use anyhow::{Context, Result};
use containai_core::import::{Replaceable, home_links};
use containai_core::layout::CONTAINER_DATA;
use containai_core::manifest::{
    Manifest, ManifestEntry, ManifestEntryKind, VolumeLayout, shipped_agents, shipped_manifests,
};
use serde_json::{Value, json};

use crate::vectors::report::{FileReport, Verdict};

/// The file with the recorded manifests as data.
pub(in crate::vectors) const ARTIFACTS: &str = "manifest_artifacts.json";

/// The prefix of entries that the shell version lacks, because the program is newer.
const NEWER: &str = "kimi-code/";

/// Agents with an argument in the shell version that their program rejects.
const REJECTED_ARGUMENTS: [(&str, &str); 1] = [("pi", "--yolo")];

/// A path on the volume in the shell version, and the present one.
const MOVED: [&str; 2] = ["claude/credentials.json", "claude/.credentials.json"];

/// Compares the parts of the shipped manifests.
pub(in crate::vectors) fn compare_artifacts(text: &str, report: &mut FileReport) -> Result<()> {
    let artifacts: Value = serde_json::from_str(text)?;
    let parts = artifacts.as_object().context("the shipped catalogue is no object")?;
    for (name, recorded) in parts {
        let ours = match name.as_str() {
            "import_map" => Some(import_map()),
            "link_spec" => Some(link_spec()),
            "init_volume" => Some(init_volume()),
            "agent_wrappers" => Some(agent_wrappers()),
            _ => None,
        };
        let verdict = match ours {
            None => Verdict::NotImplemented,
            Some(ours) if ours == *recorded => Verdict::Matches,
            Some(ours) => Verdict::Differs(ours.to_string()),
        };
        report.count(1, name, verdict);
    }
    Ok(())
}

/// Returns the entries of an import, in order.
fn import_map() -> Value {
    let imported = entries().filter_map(|entry| {
        Some(json!({
            "source": format!("/source/{}", entry.source),
            "target": format!("/target/{}", entry.target),
            "flags": entry.import_flags()?,
        }))
    });
    imported.collect()
}

/// Returns the links in the container's home directory, in order.
fn link_spec() -> Value {
    let links: Vec<Value> = home_links(&manifests())
        .into_iter()
        .map(|link| {
            json!({
                "link": format!("/home/agent/{}", link.path),
                "target": format!("{CONTAINER_DATA}/{}", link.target),
                "remove_first": i32::from(link.replaces == Replaceable::Anything),
            })
        })
        .collect();
    json!({"version": 1, "data_mount": CONTAINER_DATA, "home_dir": "/home/agent", "links": links})
}

/// Returns the initial content of a volume, in order.
fn init_volume() -> Value {
    let shape = VolumeLayout::from_manifests(&manifests());
    let secret = shape.files.iter().filter(|file| file.is_secret);
    json!({
        "dirs": shape.directories.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        "files": shape.files.iter()
            .map(|it| json!({"path": it.path, "json_init": it.is_json})).collect::<Vec<_>>(),
        "chmod": secret.map(|it| json!(["600", it.path])).collect::<Vec<_>>(),
    })
}

/// Returns how agents are started, by each of their names; agents without arguments need no entry.
fn agent_wrappers() -> Value {
    let mut agents = shipped_agents();
    for agent in &mut agents {
        let refused = REJECTED_ARGUMENTS.iter().filter(|(name, _)| *name == agent.name);
        agent.default_args.extend(refused.map(|(_, argument)| (*argument).to_owned()));
    }
    let wrapped = agents.iter().filter(|agent| !agent.default_args.is_empty()).flat_map(|agent| {
        agent.command_names().map(|command| {
            json!({
                "function": command,
                "runs": agent.binary,
                "args": agent.default_args,
                "guarded_by_command_v": agent.optional,
            })
        })
    });
    wrapped.collect()
}

fn entries() -> impl Iterator<Item = ManifestEntry> {
    manifests().into_iter().flat_map(|manifest| manifest.entries)
}

/// Returns the shipped manifests that the shell version has too.
pub(super) fn manifests() -> Vec<Manifest> {
    let mut manifests = shipped_manifests();
    for manifest in &mut manifests {
        manifest.entries.retain(|entry| {
            // Directories that agents keep as a whole on the volume are newer, too.
            let is_whole = entry.kind == ManifestEntryKind::Symlink && entry.flags.contains('d');
            !entry.target.starts_with(NEWER) && !is_whole
        });
        for entry in manifest.entries.iter_mut().filter(|entry| entry.target == MOVED[1]) {
            MOVED[0].clone_into(&mut entry.target);
        }
    }
    manifests
}
