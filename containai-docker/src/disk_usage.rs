//! Disk usage of an engine's volumes.
//!
//! The client library models only the response of engines from API 1.52 on, so the request bypasses
//! it.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use containai_core::byte_size::ByteSize;
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::address::EngineAddress;
use crate::json_request::get_json;
use crate::ssh_dial;

/// Timeout of the request: the engine may have to walk all its files.
const USAGE_TIMEOUT: Duration = Duration::from_secs(120);
/// The requested path; engines before API 1.42 ignore the filter and report everything.
const VOLUMES_PATH: &str = "/system/df?type=volume&verbose=true";

/// Returns the size of each volume of an engine that is reached without TLS.
pub(crate) async fn volume_usage(address: &EngineAddress) -> io::Result<HashMap<String, ByteSize>> {
    let asking = async {
        match address {
            EngineAddress::Unix(socket) => {
                get_json(UnixStream::connect(socket).await?, VOLUMES_PATH).await
            }
            EngineAddress::Tcp(place) => {
                get_json(TcpStream::connect(place).await?, VOLUMES_PATH).await
            }
            EngineAddress::Ssh(host) => get_json(ssh_dial::stream(host)?, VOLUMES_PATH).await,
        }
    };
    Ok(volume_sizes(&timeout(USAGE_TIMEOUT, asking).await??))
}

/// Reads the size of each volume, in the format of engines before API 1.52 or in the later one.
/// Some engines report -1 for an unknown size.
pub(crate) fn volume_sizes(usage: &Value) -> HashMap<String, ByteSize> {
    let both = [&usage["Volumes"], &usage["VolumeUsage"]["Items"]];
    let items = both.into_iter().filter_map(Value::as_array).flatten();
    let size = |item: &Value| {
        let size = item["UsageData"]["Size"].as_u64()?;
        Some((item["Name"].as_str()?.to_owned(), ByteSize::from_bytes(size)))
    };
    items.filter_map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_sizes_are_read_from_both_api_formats() {
        let items = serde_json::json!([
            {"Name": "data", "UsageData": {"RefCount": 1, "Size": 4096}},
            {"Name": "elsewhere", "UsageData": {"RefCount": 1, "Size": -1}},
            {"Name": "unmeasured", "UsageData": null},
        ]);
        let expected = HashMap::from([("data".to_owned(), ByteSize::from_bytes(4096))]);
        let early = serde_json::json!({"LayersSize": 1, "Images": null, "Volumes": items});
        assert_eq!(volume_sizes(&early), expected);
        let late = serde_json::json!({"VolumeUsage": {"TotalSize": 4096, "Items": items}});
        assert_eq!(volume_sizes(&late), expected);
        assert_eq!(volume_sizes(&serde_json::json!({"Volumes": null})), HashMap::new());
    }
}
