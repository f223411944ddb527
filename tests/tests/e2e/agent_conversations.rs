//! Conversations of agents, which outlive every container.

use std::fs;
use std::time::Duration;

use containai_tests::{Engine, Person};

/// A server that answers in place of models.
const MODEL: &str = include_str!("agent_conversations/model.mjs");

/// Settings that direct agents to it.
const SETTINGS: [(&str, &str); 2] = [
    (
        ".codex/config.toml",
        "model = \"m\"\nmodel_provider = \"p\"\n[model_providers.p]\nname = \"p\"\n\
         base_url = \"http://127.0.0.1:18765/v1\"\nwire_api = \"responses\"\n",
    ),
    (
        ".pi/agent/models.json",
        r#"{"providers": {"p": {"baseUrl": "http://127.0.0.1:18765/v1", "api": "openai-completions",
           "apiKey": "MODEL_API_KEY", "models": [{"id": "m"}]}}}"#,
    ),
];

/// How each agent is asked a question without a terminal, for the agents that answer without a
/// network. For the others the paths of their files are known ([`WRITTEN`]).
const ASKS: [(&str, &str); 3] = [
    (
        "claude",
        "ANTHROPIC_BASE_URL=http://127.0.0.1:18765 ANTHROPIC_API_KEY=x CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 claude -p",
    ),
    ("codex", "codex exec"),
    ("pi", "MODEL_API_KEY=x pi --provider p --model m -p"),
];

/// The time limit for all of them, on a loaded machine.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Returns a script that starts the model and asks the questions.
fn ask_script(questions: &str) -> String {
    format!(
        "node model.mjs 18765 > /tmp/model.log & model=$!\n\
         until grep -q listening /tmp/model.log; do sleep 0.1; done\n{questions}kill $model\n"
    )
}

/// Runs the real programs as far as they work without a network.
#[test]
fn conversations_of_real_agents_outlive_the_container() {
    Engine::shared().ensure_agents_image();
    let person = Person::new();
    let repository = person.repository("conversations");
    fs::write(repository.join("model.mjs"), MODEL).expect("a file can be written");
    for (path, text) in SETTINGS {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
    person.cai(["run", "--", "true"]).current_dir(&repository).run().success();
    person.cai(["import"]).current_dir(&repository).run().success();
    let questions: String = ASKS
        .iter()
        .map(|(agent, ask)| {
            format!("echo {agent}; timeout 180 env {ask} question-to-{agent} < /dev/null 2>&1 | grep -m1 -o remembered\n")
        })
        .collect();
    let exec = |script: &str| {
        let words = ["exec", "--", "sh", "-c", script];
        person.cai(words).current_dir(&repository).timeout(TIMEOUT).run()
    };
    let asked = exec(&ask_script(&questions));
    let answered = |agent: &str| asked.stdout().contains(&format!("{agent}\nremembered"));
    for (agent, _) in ASKS {
        assert!(answered(agent), "{agent}: {asked}");
    }

    person
        .cai(["run", "--fresh", "--force", "--", "true"])
        .current_dir(&repository)
        .run()
        .success();
    let look: String = ASKS
        .iter()
        .map(|(agent, _)| {
            format!("grep -rqa question-to-{agent} /mnt/agent-data || echo {agent} forgot\n")
        })
        .collect();
    person.exec(&repository, &look).success().prints("");
    // The programs find the conversations at their own paths.
    let again = format!(
        "env {} --continue again < /dev/null; codex exec resume --last again < /dev/null 2>/dev/null\n\
         grep -l question-to-claude ~/.claude/projects/*/*.jsonl | xargs grep -c '\"again\"'\n\
         grep -rl question-to-codex ~/.codex/sessions | xargs grep -c again\n",
        ASKS[0].1
    );
    let continued = exec(&ask_script(&again));
    let stdout = continued.stdout();
    assert_eq!(stdout.matches("remembered").count(), 2, "{continued}");
    let counts = stdout.lines().filter_map(|line| line.trim().parse::<u32>().ok());
    assert_eq!(counts.filter(|&count| count > 0).count(), 2, "{continued}");
}

/// For each agent a file of a conversation, by its path in the home directory.
const WRITTEN: [&str; 12] = [
    ".claude/projects/-home-agent-workspace/x.jsonl",
    ".claude/history.jsonl",
    ".codex/sessions/2026/01/01/rollout-x.jsonl",
    ".codex/state_5.sqlite-wal",
    ".gemini/tmp/x/chats/session-x.json",
    ".copilot/session-state/x/events.jsonl",
    ".local/share/opencode/opencode.db",
    ".kimi/sessions/x/context.jsonl",
    ".kimi-code/sessions/x.jsonl",
    ".pi/agent/sessions/x/y.jsonl",
    ".continue/sessions/x.json",
    ".cursor/chats/x/store.db",
];

#[test]
fn agent_files_outlive_every_end_of_a_container() {
    let person = Person::new();
    let repository = person.repository("sessions");
    let each = |command: &str| WRITTEN.map(|path| format!("p=~/{path}; {command}\n")).concat();
    let write = each("mkdir -p \"${p%/*}\" && echo 1 > \"$p.new\" && mv \"$p.new\" \"$p\"");
    let look = each("[ \"$(cat \"$p\")\" = 1 ] || echo \"$p\"");
    person.run(&repository, &write).success();
    let fresh = ["run", "--fresh", "--force", "--image", "base", "--", "sh", "-c", &look];
    person.cai(fresh).current_dir(&repository).run().success().prints("");
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    person.run(&repository, &look).success().prints("");
    person.cai(["links", "check"]).current_dir(&repository).run().success().prints("");
}

/// Creates the home directory of containers of earlier images.
const EARLIER: &str = "\
    cd; rm .codex .claude; mkdir -p .codex/sessions .claude/projects/x /mnt/agent-data/codex; \
    ln -s /mnt/agent-data/codex/config.toml .codex/config.toml; \
    ln -s /mnt/agent-data/codex/auth.json .codex/auth.json; \
    ln -s /mnt/agent-data/claude/credentials.json .claude/.credentials.json; \
    ln -s /mnt/agent-data/claude/skills .claude/skills; \
    echo old > .codex/sessions/a.jsonl; echo mine > .codex/config.toml; \
    echo login > /mnt/agent-data/claude/credentials.json; echo said > .claude/projects/x/b.jsonl";

#[test]
fn home_files_of_earlier_containers_are_moved_to_the_volume() {
    let person = Person::new();
    let look = "cd; readlink .codex .claude; cat .codex/sessions/a.jsonl .codex/config.toml \
                .claude/.credentials.json .claude/projects/x/b.jsonl; \
                find .codex/ .claude/ -type l; ls -d /mnt/agent-data/claude/credentials.json";
    let expected = "/mnt/agent-data/codex\n/mnt/agent-data/claude\nold\nmine\nlogin\nsaid\n";
    // At its next start.
    let repository = person.repository("earlier");
    person.run(&repository, EARLIER).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    person.run(&repository, look).code(2).prints(expected);
    // At its end, before a new one exists.
    let repository = person.repository("earlier-fresh");
    person.run(&repository, EARLIER).success();
    let fresh = ["run", "--fresh", "--force", "--image", "base", "--", "sh", "-c", look];
    person.cai(fresh).current_dir(&repository).run().code(2).prints(expected);
    // When the container was started by a version without the migration.
    let repository = person.repository("earlier-version");
    let unit = "/etc/systemd/system/containai-init.service.d/volume.conf";
    let earlier = format!("{EARLIER}; sudo rm {unit} && sudo systemctl daemon-reload");
    person.run(&repository, &earlier).success();
    person.cai(fresh).current_dir(&repository).run().code(2).prints(expected);
    // When such a container is stopped by its removal.
    let repository = person.repository("earlier-stopped");
    person.run(&repository, &earlier).success();
    let container = person.container(repository.path());
    let id = container["Id"].as_str().expect("an id");
    person.api().post(&format!("/containers/{id}/kill"), &serde_json::Value::Null);
    person.cai(fresh).current_dir(&repository).run().code(2).prints(expected);
}
