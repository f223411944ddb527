//! Resource usage: values from the kernel match those of the engine, and an unresponsive engine
//! does not block a command.

use std::time::Duration;

use containai_tests::{Engine, Person, UnresponsiveEngine, wait_until};
use serde_json::Value;

/// Requests that take an engine long.
const SLOW_REQUESTS: &[&str] = &["/stats?", "/top?"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Returns whether our value differs from that of `docker stats` by at most a fraction of ours.
fn are_close(ours: f64, theirs: f64, part: f64) -> bool {
    (ours - theirs).abs() <= ours.max(theirs) * part
}

#[test]
fn usage_matches_the_engine() {
    let person = Person::new();
    let repository = person.repository("measured");
    let run = ["run", "--image", "base", "--memory", "768m", "--", "true"];
    person.cai(run).current_dir(&repository).run().success();
    // One processor is busy, some memory is used and a terminal is open.
    let busy = "head -c 100M /dev/zero > /dev/shm/held; while :; do :; done";
    person.cai(["exec", "-d", "--", "sh", "-c", busy]).current_dir(&repository).run().success();
    let name = person.container_name(repository.path());
    wait_until(Duration::from_secs(60), "both name the same figures", || {
        let ours = person.cai(["status", "--json"]).current_dir(&repository).run();
        let ours = json(&ours.success().stdout());
        let theirs = person.api().get(&format!("/containers/{name}/stats?stream=false"));
        let memory = &theirs["memory_stats"];
        let cache = memory["stats"]["total_inactive_file"]
            .as_u64()
            .or_else(|| memory["stats"]["inactive_file"].as_u64())
            .unwrap_or_default();
        let used = memory["usage"].as_u64()?.saturating_sub(cache);
        assert_eq!(ours["memory_limit"], memory["limit"], "{ours} {theirs}");
        let usage = |key: &str| theirs[key]["cpu_usage"]["total_usage"].as_u64();
        let system = |key: &str| theirs[key]["system_cpu_usage"].as_u64();
        let busy = usage("cpu_stats")?.checked_sub(usage("precpu_stats")?)? as f64;
        let all = system("cpu_stats")?.checked_sub(system("precpu_stats")?)? as f64;
        let cpus = theirs["cpu_stats"]["online_cpus"].as_u64()? as f64;
        let is_same = are_close(ours["memory_used"].as_u64()? as f64, used as f64, 0.1)
            && used > 100 << 20
            && are_close(ours["cpu_percent"].as_f64()?, busy / all * cpus * 100.0, 0.3);
        is_same.then_some(())
    });
}

#[test]
fn local_engine_gets_no_slow_requests() {
    let person = Person::new();
    let repository = person.repository("mute");
    person.run(&repository, "true").success();
    let held = person.cai(["exec", "--", "sleep", "1000"]).current_dir(&repository).start();
    let mute = UnresponsiveEngine::start(
        person.beside("mute.sock"),
        &Engine::shared().socket(),
        SLOW_REQUESTS,
    );
    let address = mute.address();
    let status = || {
        let words = ["--docker-host", &address, "status", "--json"];
        json(&person.cai(words).current_dir(&repository).run().success().stdout())
    };
    let status = wait_until(Duration::from_secs(60), "the session is inside", || {
        Some(status()).filter(|status| status["ssh_connections"] == 1)
    });
    assert!(status["memory_used"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{status}");
    assert!(status["cpu_percent"].is_f64() && status["uptime_seconds"].is_u64(), "{status}");
    let stats = person.cai(["--docker-host", &address, "stats", "--json"]).run();
    let stats = json(&stats.success().stdout());
    let name = person.container_name(repository.path());
    let entry = stats.as_array().into_iter().flatten().find(|it| it["container"] == *name);
    assert!(entry.is_some_and(|it| it["tasks"].is_u64()), "{stats}");
    held.signal(nix::sys::signal::Signal::SIGTERM);
}

#[test]
fn missing_answers_are_reported_as_unknown() {
    let person = Person::new();
    let repository = person.repository("unknown");
    person.run(&repository, "true").success();
    // Without its process the values are available only from the engine.
    let name = person.container_name(repository.path());
    let unanswered: &[&str] = &["/stats?", "/top?", "/json HTTP"];
    let mute = UnresponsiveEngine::start(
        person.beside("mute.sock"),
        &Engine::shared().socket(),
        unanswered,
    );
    let status = |more: &[&str]| {
        let words = ["--docker-host", &mute.address(), "status", "--container", &name];
        person.cai(words.iter().chain(more).copied()).run()
    };
    let text = status(&[]).success().stdout();
    assert!(text.contains("running") && text.contains("memory     unknown"), "{text}");
    let found = json(&status(&["--json"]).success().stdout());
    assert_eq!((&found["status"], &found["memory_used"]), (&"running".into(), &Value::Null));
}
