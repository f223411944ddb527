//! A list of many containers.

use std::time::{Duration, Instant};

use containai_tests::{Engine, Person};
use serde_json::json;

use crate::memory;
use crate::report::Row;
use crate::round::{interleaved, process};

/// How many containers the engine has; none of them ever runs.
const CONTAINERS: u16 = 200;
/// The memory limit, in bytes.
const MEMORY: u64 = 40_000_000;
const IMAGE: &str = "containai-bench-tiny";

/// Compares `cai list` with the engine's own list, which is requested without a client and not
/// parsed.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let api = engine.api();
    api.import(IMAGE, "latest", &[0; 1024]);
    for number in 0..CONTAINERS {
        let workspace = person.beside(&format!("many-{number}"));
        let labels = json!({
            "containai.managed": "true",
            "containai.workspace": workspace.display().to_string(),
            "containai.ssh-port": (40_000 + number).to_string(),
        });
        let body = json!({"Image": format!("{IMAGE}:latest"), "Cmd": ["x"], "Labels": labels});
        api.post(&format!("/containers/create?name=containai-bench-many-{number}"), &body);
    }
    let list = person.cai(["list", "--json"]);
    let bare = || -> Duration {
        let start = Instant::now();
        api.managed_text();
        start.elapsed()
    };
    let times = interleaved(rounds * 2, &mut [&mut || process(list.command()), &mut || bare()]);
    let peak = memory::peak(list.command());
    for number in 0..CONTAINERS {
        api.delete(&format!("/containers/containai-bench-many-{number}?force=1"));
    }
    api.delete(&format!("/images/{IMAGE}:latest"));
    let what = format!("cai list, {CONTAINERS} containers / the engine's API");
    let memory = format!("cai list, {CONTAINERS} containers, memory");
    vec![Row::against(&what, &times[0], &times[1], 1.5), Row::memory(&memory, peak, MEMORY)]
}
