//! An unapproved `devcontainer.json` gets no access to the host, names no path outside of the
//! workspace, and produces a valid stage and script; the same applies to a feature's manifest and a
//! Dockerfile.

#![no_main]

use containai_core::devcontainer::{
    Approval, Devcontainer, FeatureManifest, Host, Origin, environment_lines, lifecycle_script,
};
use containai_core::template::{Dockerfile, check, upgrade, wrapping};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "hush-4711";

fuzz_target!(|text: &str| {
    let host = Host {
        workspace: "/home/me/api",
        folder: ".devcontainer",
        id: "id",
        variable: &|_| Some(SECRET.to_owned()),
    };
    if let Ok(read) = Devcontainer::parse(text, &host, Approval::Missing) {
        assert!(read.initialize.is_none());
        let shown = serde_json::to_string(read.configuration()).unwrap_or_default();
        assert!(!shown.contains(SECRET) || text.contains(SECRET));
        let mut paths: Vec<_> = read.features.iter().map(|it| it.directory.as_str()).collect();
        if let Origin::Build { dockerfile, context, .. } = &read.origin {
            paths.extend([dockerfile.as_str(), context.as_str()]);
        }
        for path in paths {
            assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."), "{path:?}");
        }
        let stage = Dockerfile::parse(&wrapping(&[], &read.container_env));
        let stage = stage.expect("what we write is a Dockerfile");
        let is_known = |keyword: &str| !matches!(keyword, "ADD" | "VOLUME" | "ONBUILD");
        assert!(stage.instructions().iter().all(|it| is_known(&it.keyword)));
        if let Some(script) = lifecycle_script(&read.lifecycle, read.remote_user.as_deref()) {
            assert!(script.starts_with("#!/bin/sh\n") && !script.contains('\0'));
        }
    }
    if let Ok(manifest) = FeatureManifest::parse(text) {
        let _ = environment_lines(&manifest.variables(&manifest.defaults), "agent");
    }
    if let Ok(file) = Dockerfile::parse(text) {
        let _ = check(&file);
        if let Ok(Some(upgraded)) = upgrade(text) {
            assert_eq!(upgrade(&upgraded), Ok(None));
        }
    }
});
