//! Additional mounts.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text, wrong_type};
use crate::engine::MountAccess;
use crate::naming::{MountTarget, VolumeName};

/// The expected format of `mounts`.
const EXPECTED: &str =
    "a list of mounts such as `type=bind,source=/srv/data,target=/data,readonly`";

/// A mount requested by the file, in the format of `--mount` in docker-run(1).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RequestedMount {
    /// The source.
    pub source: RequestedMountSource,
    /// The target in the container.
    pub target: MountTarget,
    /// The access mode in the container.
    pub access: MountAccess,
}

/// The source of a requested mount.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RequestedMountSource {
    /// An absolute path of the host, as written.
    Path(String),
    /// A volume.
    Volume(VolumeName),
}

impl RequestedMount {
    pub(super) fn read_all(fields: JsonFields<'_>) -> Result<Vec<Self>, DevcontainerError> {
        fields.array("mounts")?.iter().map(Self::read).collect()
    }

    fn read(value: &Value) -> Result<Self, DevcontainerError> {
        let mut options = match value {
            Value::String(text) => parse_mount_string(text),
            Value::Object(object) => {
                let pair =
                    |(key, value): (&String, &Value)| Some((key.clone(), scalar_text(value)?));
                object.iter().map(pair).collect()
            }
            _ => None,
        }
        .ok_or_else(|| wrong_type("mounts", EXPECTED))?;
        let mut take = |names: &[&str]| names.iter().find_map(|name| options.remove(*name));
        let kind = take(&["type"]).unwrap_or_else(|| "volume".to_owned());
        let source = take(&["source", "src"]).unwrap_or_default();
        let target = take(&["target", "destination", "dst"]).unwrap_or_default();
        let access = match take(&["readonly", "ro"]).as_deref() {
            None | Some("false" | "0") => MountAccess::ReadWrite,
            Some("" | "true" | "1") => MountAccess::ReadOnly,
            Some(_) => return Err(wrong_type("mounts", EXPECTED)),
        };
        // Applies only to hosts other than Linux.
        take(&["consistency"]);
        if !options.is_empty() {
            return Err(unsupported(
                "supported mount options are `type`, `source`, `target` and `readonly`",
            ));
        }
        let source = match kind.as_str() {
            "bind" if source.starts_with('/') => RequestedMountSource::Path(source),
            // A workspace's settings and credentials must not be available to another workspace's
            // container.
            "volume" if source.starts_with("containai-") => {
                return Err(unsupported(
                    "volume names with the prefix `containai-` are reserved for workspaces",
                ));
            }
            "volume" => VolumeName::parse(&source)
                .map(RequestedMountSource::Volume)
                .map_err(|_| unsupported("the volume name is invalid"))?,
            "bind" => {
                return Err(unsupported("the source of a bind mount must be an absolute path"));
            }
            _ => return Err(unsupported("the mount type must be `bind` or `volume`")),
        };
        let target = MountTarget::parse(&target).map_err(|_| {
            unsupported(
                "the target must be an absolute path outside system directories, such as `/cache`",
            )
        })?;
        Ok(Self { source, target, access })
    }
}

impl fmt::Display for RequestedMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            RequestedMountSource::Path(path) => path.as_str(),
            RequestedMountSource::Volume(name) => name.as_str(),
        };
        write!(f, "{source} at {}", self.target)
    }
}

/// Parses the string form. Values with quotes, which Docker parses as CSV, are rejected.
fn parse_mount_string(text: &str) -> Option<BTreeMap<String, String>> {
    if text.contains('"') {
        return None;
    }
    let pair = |option: &str| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        (key.trim().to_owned(), value.to_owned())
    };
    Some(text.split(',').map(pair).collect())
}

fn unsupported(reason: &'static str) -> DevcontainerError {
    DevcontainerError::Unsupported { key: "mounts".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mounts_in_docker_syntax() {
        let check = |text: &str| {
            let value = serde_json::from_str(text).expect("the test's text is JSON");
            match RequestedMount::read(&value) {
                Ok(mount) => format!("{mount} {:?}", mount.access),
                Err(error) => error.to_string(),
            }
        };
        let all = [
            r#""type=bind,source=/srv/data,target=/data,consistency=cached""#,
            r#""src=cache,dst=/cache,readonly""#,
            r#"{"type": "volume", "source": "cache", "target": "/cache", "readonly": true}"#,
            r#""type=bind,source=/a,target=/b,ro=false""#,
            r#""type=bind,source=a,target=/b""#,
            r#""type=tmpfs,target=/b""#,
            r#""type=volume,target=/b""#,
            r#""type=volume,source=../x,target=/b""#,
            r#""type=volume,source=containai-api-1234-data,target=/b""#,
            r#""type=bind,source=/a,target=/etc""#,
            r#""type=bind,source=/a,target=b""#,
            r#""type=bind,source=/a,target=/b,bind-propagation=shared""#,
            r#""type=bind,\"source=/a,b\",target=/b""#,
            r#""type=bind,source=/a,target=/b,readonly=perhaps""#,
            "[]",
            r#"{"type": "bind", "source": {}, "target": "/b"}"#,
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }
}
