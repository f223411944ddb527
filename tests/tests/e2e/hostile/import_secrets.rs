//! Secrets in the settings of the host, none of which reaches a volume without consent.

use std::fs;

use containai_tests::{Outcome, Person, Repository};

/// Files of a home directory; every CANARY is a secret.
const FILES: [(&str, &str); 11] = [
    (".claude.json", r#"{"theme": "dark", "primaryApiKey": "sk-ant-api03-CANARY01"}"#),
    (
        ".claude/settings.json",
        r#"{"env": {"ANTHROPIC_AUTH_TOKEN": "CANARY02", "B": "b"}, "apiKeyHelper": "echo CANARY03"}"#,
    ),
    (
        ".codex/config.toml",
        "model = \"m\" # mine\n[model_providers.p]\nname = \"p\"\nexperimental_bearer_token = \"CANARY04\"\n\
         [mcp_servers.g.env]\nGITHUB_PERSONAL_ACCESS_TOKEN = \"CANARY05\"\n",
    ),
    (".zshrc", "export EDITOR=vim\nexport OPENAI_API_KEY=\"sk-CANARY06\"\n"),
    (
        ".gitconfig",
        "[user]\n\tname = A\n[gitlab \"x\"]\n\tapikey = CANARY07\n[jira]\n\tsecret = CANARY08\n\
         [alias]\n\tx = !curl -H \"Authorization: Bearer CANARY09\" https://x.example.org\n",
    ),
    (
        ".cursor/mcp.json",
        r#"{"mcpServers": {"a": {"headers": {"Authorization": "Bearer CANARY10"}}}}"#,
    ),
    (".aider.conf.yml", "model: sonnet\nopenai-api-key: CANARY11\n"),
    (".tool/.netrc", "machine x login y password CANARY12\n"),
    (".tool/settings.ini", "[a]\npassword = CANARY13\nb = c\n"),
    (".continue/config.yaml", "models:\n  - name: x\n    apiKey: CANARY14\n"),
    (
        ".config/containai/import-overrides/.claude/CLAUDE.md",
        "Use ghp_CANARY15q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0.\n",
    ),
];

fn write_home_files(person: &Person<'_>) {
    for (path, content) in FILES {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, content).expect("a file can be written");
    }
}

/// Returns the numbers of the secrets on the volume.
fn found(person: &Person<'_>, repository: &Repository) -> String {
    let look = "grep -rhoE 'CANARY[0-9]+' /mnt/agent-data | sort -u | tr '\\n' ' '";
    person.exec(repository, look).success().stdout()
}

fn import(person: &Person<'_>, repository: &Repository, words: &[&str]) -> Outcome {
    let outcome = person.cai(["import"].iter().chain(words)).current_dir(repository).run();
    outcome.success().stderr_lacks("CANARY");
    outcome
}

#[test]
fn secrets_reach_a_volume_only_with_consent() {
    let person = Person::new();
    let repository = person.repository("import-secrets");
    write_home_files(&person);
    let configured = fs::read_to_string(person.home().join(".config/containai/config.toml"));
    let configured = configured.expect("it exists");
    let paths = "[import]\nadditional_paths = [\"~/.tool\"]\n";
    person.configure(&format!("{configured}{paths}"));
    person.run(&repository, "true").success();
    let reported = [
        "`~/.claude.json` is imported without its secrets: `primaryApiKey`",
        "`env.ANTHROPIC_AUTH_TOKEN`, `apiKeyHelper`",
        "`model_providers.p.experimental_bearer_token`",
        "`OPENAI_API_KEY`",
        "`gitlab \"x\".apikey`, `jira.secret`, `alias.x`",
        "`mcpServers.a.headers.Authorization`",
        "`~/.tool/.netrc` is not imported: it is a secret",
        "`~/.claude/CLAUDE.md` is not imported: it contains a secret that cannot be removed, `line 1`",
        "`--allow-secret PATH:KEY`",
    ];
    let dry = import(&person, &repository, &["--dry-run"]);
    assert!(!dry.stdout().contains("CANARY"), "{dry}");
    let outcome = import(&person, &repository, &[]);
    for fragment in reported {
        dry.stderr_contains(fragment);
        outcome.stderr_contains(fragment);
    }
    assert_eq!(found(&person, &repository), "");
    let look =
        "cd; cat .claude.json .claude/settings.json .codex/config.toml .zshrc .tool/settings.ini";
    person.exec(&repository, look).success().prints(
        "{\"theme\": \"dark\"}{\"env\": {\"B\": \"b\"}}model = \"m\" # mine\n[model_providers.p]\n\
         name = \"p\"\n[mcp_servers.g.env]\nexport EDITOR=vim\n:\n[a]\nb = c\n",
    );
    // An unchanged file is not sent again, and still reported.
    import(&person, &repository, &[])
        .stderr_contains("nothing changed")
        .stderr_contains("`primaryApiKey`");
    let records = person.home().join(".config/containai/imports");
    for entry in fs::read_dir(&records).expect("records").flatten() {
        let record = fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&record).contains("CANARY"), "a record has a secret");
    }

    // The user can allow one key, one agent, or a whole file.
    import(&person, &repository, &["--allow-secret", ".zshrc:OPENAI_*"])
        .stderr_contains("imported 1 files");
    assert_eq!(found(&person, &repository), "CANARY06 ");
    import(&person, &repository, &["--credentials", "codex"]).stderr_contains("imported 2 files");
    assert_eq!(found(&person, &repository), "CANARY04 CANARY05 ");
    person.configure(&format!("{configured}{paths}allow_secrets = [\"~/.tool/.netrc\"]\n"));
    import(&person, &repository, &[]).stderr_contains("imported 2 files");
    assert_eq!(found(&person, &repository), "CANARY12 ");
}

#[test]
fn no_secrets_excludes_all_secrets() {
    let person = Person::new();
    let repository = person.repository("import-no-secrets");
    write_home_files(&person);
    let configured = fs::read_to_string(person.home().join(".config/containai/config.toml"));
    let configured = configured.expect("it exists");
    // Then neither setting applies.
    person.configure(&format!(
        "{configured}[import]\ncredentials = [\"claude\"]\nallow_secrets = [\".zshrc\"]\n"
    ));
    person.run(&repository, "true").success();
    import(&person, &repository, &["--no-secrets"]).stderr_contains("`OPENAI_API_KEY`");
    assert_eq!(found(&person, &repository), "");
    // A directory prepared for the import contains the agents' credentials and no other secrets.
    let home = person.home().display().to_string();
    person.configure(&configured);
    import(&person, &repository, &["--from", &home]);
    let expected = "CANARY01 CANARY02 CANARY03 CANARY04 CANARY05 CANARY10 CANARY11 CANARY14 ";
    let here = found(&person, &repository);
    for canary in ["CANARY06", "CANARY07", "CANARY08", "CANARY09"] {
        assert!(!here.contains(canary), "{here} of {expected}");
    }
    assert!(here.starts_with("CANARY01 CANARY02 CANARY03 CANARY04 CANARY05 "), "{here}");
    import(&person, &repository, &["--from", &home, "--no-secrets"]);
}
