//! An unapproved `devcontainer.json` gets no access to the host, names no path outside of the
//! workspace, and produces a valid stage and script.

#![no_main]

use containai_core::devcontainer::{
    Approval, ContainerStage, Devcontainer, DevcontainerContext, DevcontainerImage, FeatureSource,
    lifecycle_script,
};
use containai_core::template::{Dockerfile, check_dockerfile, upgrade};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "hush-4711";

fuzz_target!(|text: &str| {
    let host = DevcontainerContext {
        workspace: "/home/me/api",
        folder: ".devcontainer",
        id: "id",
        compose: None,
        variable: &|_| Some(SECRET.to_owned()),
    };
    if let Ok(read) = Devcontainer::parse(text, &host, Approval::Missing) {
        assert!(read.initialize.is_none() && read.mounts.is_empty());
        let shown = serde_json::to_string(read.configuration()).unwrap_or_default();
        assert!(!shown.contains(SECRET) || text.contains(SECRET));
        let mut paths: Vec<_> = read.env_files.iter().map(String::as_str).collect();
        for feature in &read.features {
            if let FeatureSource::Directory(directory) = &feature.source {
                paths.push(directory);
            }
        }
        if let DevcontainerImage::Build { dockerfile, context, .. } = &read.image {
            paths.extend([dockerfile.as_str(), context.as_str()]);
        }
        for path in paths {
            assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."), "{path:?}");
        }
        let stage = Dockerfile::parse(&ContainerStage::of(&read).dockerfile);
        let stage = stage.expect("what we write is a Dockerfile");
        let is_known = |keyword: &str| {
            matches!(keyword, "ARG" | "FROM" | "USER" | "SHELL" | "COPY" | "RUN" | "ENV")
        };
        assert!(stage.instructions().iter().all(|it| is_known(&it.keyword)));
        let folder = &read.workspace_folder.folder;
        if let Some(script) = lifecycle_script(&read.lifecycle, read.remote_user.as_deref(), folder) {
            assert!(script.starts_with("#!/bin/sh\n") && !script.contains('\0'));
        }
    }
    if let Ok(file) = Dockerfile::parse(text) {
        let _ = check_dockerfile(&file);
        if let Ok(Some(upgraded)) = upgrade(text) {
            assert_eq!(upgrade(&upgraded), Ok(None));
        }
    }
});
