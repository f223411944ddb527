//! Messages of an agent and of an editor: no path outside of the workspace reaches the editor.

#![no_main]

use containai_core::acp::{AcpAccess, AcpBridge, AcpOutput, AcpPathMap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let real = |path: &str| Some(path.to_owned());
    let map = AcpPathMap::new("/src/api", "/home/agent/workspace");
    let mut bridge = AcpBridge::new(map, AcpAccess::default());
    for line in bytes.split(|&byte| byte == b'\n') {
        for output in bridge.client_line(line, &real).into_iter().chain(bridge.agent_line(line, &real)) {
            if let AcpOutput::ToClient(text) | AcpOutput::ToAgent(text) = output {
                assert!(!text.contains('\n'));
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            }
        }
    }
});
