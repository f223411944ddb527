//! The output of `cai ports`.

use containai::report::escape_control;
use containai_core::listening_port::ListeningPort;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;

/// One element of the output of `cai ports --json`, as the container reports it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct PortEntry {
    /// The TCP port.
    port: u16,
    /// The address in the container; `::` and `0.0.0.0` are all addresses.
    address: String,
    /// The name of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    /// The process id in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
}

impl From<&ListeningPort> for PortEntry {
    fn from(port: &ListeningPort) -> Self {
        Self {
            port: port.port.get(),
            address: port.address.to_string(),
            program: port.program.as_deref().map(escape_control),
            pid: port.pid,
        }
    }
}

/// Lays out the table.
pub(crate) fn table(entries: &[PortEntry]) -> String {
    let rows: Vec<_> = entries
        .iter()
        .map(|it| {
            let pid = it.pid.map(|pid| pid.to_string()).unwrap_or_default();
            let program = it.program.clone().unwrap_or_default();
            vec![it.port.to_string(), it.address.clone(), pid, program]
        })
        .collect();
    table::table(&["PORT", "ADDRESS", "PID", "PROGRAM"], &rows)
}
