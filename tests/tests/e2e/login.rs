//! Logins that containers share.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use containai_tests::{Engine, Person, Repository, output_of, wait_until};

/// A program that logs in as Codex does: with a key on standard input, or with a page that leads
/// back to a port of its own.
const FAKE_CODEX: &str = r#"#!/bin/sh
umask 077
case "$2" in
    --with-api-key)
        IFS= read -r key
        sleep 2
        printf '{"key":"%s"}' "$key" > ~/.codex/auth.json
        ;;
    --device-auth)
        echo "browser: $BROWSER"
        for url in file:///etc/passwd 'https://claude.ai@evil.example/' 'https://a.example/?redirect_uri=http://localhost:80/'; do
            "$BROWSER" "$url" || echo "refused $?"
        done
        xdg-open 'https://a.example/device' && echo shown
        ;;
    *)
        exec perl -MSocket -e '
            my $port = $ENV{FAKE_PORT};
            socket my $s, PF_INET, SOCK_STREAM, 0 or die;
            setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
            bind $s, sockaddr_in($port, inet_aton("127.0.0.1")) or die "bind: $!";
            listen $s, 5;
            my $url = "https://auth.example/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A$port%2Fcallback";
            exit 4 if system $ENV{BROWSER}, $url;
            accept my $c, $s or die;
            my $line = <$c>;
            my ($code) = $line =~ /code=(\w+)/ or die;
            syswrite $c, "HTTP/1.0 200 OK\r\n\r\nthanks";
            open my $f, ">", "$ENV{HOME}/.codex/auth.json" or die;
            print $f "{\"code\":\"$code\"}";
        '
        ;;
esac
"#;

/// Creates a workspace with the fake agent.
#[track_caller]
fn workspace(person: &Person<'_>, name: &str) -> Repository {
    let repository = person.repository(name);
    let install = format!(
        "mkdir -p ~/.local/bin && cat > ~/.local/bin/codex <<'EOF'\n{FAKE_CODEX}\nEOF\nchmod +x ~/.local/bin/codex"
    );
    person.run(&repository, &install).success();
    repository
}

/// Adds settings to those of a person.
#[track_caller]
fn add_settings(person: &Person<'_>, toml: &str) {
    let path = person.home().join(".config/containai/config.toml");
    let text = fs::read_to_string(&path).expect("a file") + toml;
    fs::write(path, text).expect("a file can be written");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Creates a browser that records pages, and follows the way back to a port.
#[track_caller]
fn browser(person: &Person<'_>, port: u16) -> (PathBuf, PathBuf) {
    let (program, log) = (person.beside("browser"), person.beside("pages"));
    let script = format!(
        "#!/bin/sh\necho \"$1\" >> {}\ncurl -s 'http://localhost:{port}/callback?code=abc123'\n",
        log.display()
    );
    fs::write(&program, script).expect("a file can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    (program, log)
}

#[test]
fn page_leads_back_to_the_program_and_containers_share_the_login() {
    let person = Person::new();
    add_settings(&person, "[credentials]\nshared = [\"codex\"]\n");
    let (first, second) = (workspace(&person, "first"), workspace(&person, "second"));
    let port = free_port();
    let (program, log) = browser(&person, port);
    add_settings(&person, "[env]\nimport = [\"FAKE_PORT\"]\n");
    let login = || {
        person
            .cai(["login", "codex", "--image", "base"])
            .current_dir(&first)
            .env("BROWSER", &program)
            .env("FAKE_PORT", port.to_string())
    };

    let mut declined = login().on_terminal(120, 30);
    declined.wait_for("open it in your browser?");
    declined.type_text("n");
    assert_eq!(declined.code(), 4);
    assert!(!log.exists(), "a declined page was opened");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the port is open");

    let mut accepted = login().on_terminal(120, 30);
    accepted.wait_for("https://auth.example/authorize?redirect_uri=");
    accepted.wait_for("open it in your browser?");
    accepted.type_text("y");
    accepted.wait_for("is logged in for all workspaces");
    assert_eq!(accepted.code(), 0);
    let pages = fs::read_to_string(&log).expect("a page was opened");
    assert_eq!(pages.lines().count(), 1, "{pages}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the port is still open");

    person.exec(&second, "cat ~/.codex/auth.json").success().prints("{\"code\":\"abc123\"}");
    // A program in the other container renews it in place, or replaces the link.
    person.exec(&second, "echo renewed > ~/.codex/auth.json").success();
    person.exec(&first, "cat ~/.codex/auth.json").success().prints_line("renewed");
    let replace = "cd ~/.codex && echo replaced > new && mv new auth.json && sudo /usr/lib/containai/credentials boot && test -L auth.json";
    person.exec(&second, replace).success();
    person
        .exec(&first, "cat ~/.codex/auth.json && stat -Lc %a ~/.codex/auth.json")
        .success()
        .prints_line("600");

    person.cai(["logout", "codex"]).current_dir(&second).run().success();
    person.exec(&first, "test ! -s ~/.codex/auth.json").success();
}

#[test]
fn key_reaches_the_program_and_no_command_line() {
    let person = Person::new();
    add_settings(&person, "[credentials]\nshared = [\"codex\", \"gemini\"]\n");
    let (first, second) = (workspace(&person, "first"), workspace(&person, "second"));
    let key = "sk-test-0123456789-abcdef";
    let mut login = person.cai(["login", "codex", "--api-key-stdin"]).current_dir(&first).start();
    login.write_stdin(&format!("{key}\n"));
    let scanner = thread::spawn(move || {
        let mut found = Vec::new();
        for _ in 0..30 {
            found.extend(processes_with(key));
            thread::sleep(Duration::from_millis(100));
        }
        found
    });
    login.outcome().success().stderr_contains("is logged in for all workspaces");
    assert_eq!(scanner.join().expect("it scans"), Vec::<PathBuf>::new());
    let expected = format!("{{\"key\":\"{key}\"}}");
    person.exec(&second, "cat ~/.codex/auth.json").success().prints(&expected);

    // A key that the program reads from a file.
    let gemini = person.cai(["login", "gemini", "--api-key-stdin"]).current_dir(&second);
    gemini.stdin("g-key\n").run().success();
    let shown = "cat ~/.gemini/.env; stat -Lc %a ~/.gemini/.env";
    person.exec(&first, shown).success().prints("GEMINI_API_KEY=g-key\n600\n");

    // An export has the link, and not what it leads to.
    let archive = person.beside("export.tar.gz");
    person.cai(["export", "--output"]).args([&archive]).current_dir(&first).run().success();
    let content = output_of(Command::new("tar").arg("-xzOf").arg(&archive));
    assert!(!content.contains(key), "the export has the key");

    // The login outlasts the container and the volumes of a workspace.
    let stop = ["stop", "--remove", "--volumes", "--force"];
    for repository in [&first, &second] {
        person.cai(stop).current_dir(repository).run().success();
    }
    person.run(&first, "cat ~/.codex/auth.json").success().prints(&expected);
    person.cai(["logout", "codex"]).current_dir(&first).run().success();
    person.cai(["logout", "gemini"]).current_dir(&first).run().success();
}

#[test]
fn workspace_can_keep_a_login_of_its_own() {
    let person = Person::new();
    add_settings(&person, "[credentials]\nshared = [\"codex\"]\n");
    let shared = workspace(&person, "shared");
    let own = person.beside("own");
    add_settings(
        &person,
        &format!("[workspace.'{}'.credentials]\nshared = false\n", own.display()),
    );
    let own = workspace(&person, "own");
    let login = |repository: &Repository, key: &str| {
        let login = person.cai(["login", "codex", "--api-key-stdin"]).current_dir(repository);
        login.stdin(format!("{key}\n")).run()
    };
    login(&shared, "shared-key").success();
    person.exec(&own, "test ! -e ~/.codex/auth.json && test ! -e /mnt/agent-credentials").success();
    login(&own, "own-key").success().stderr_contains("is logged in for this workspace");
    person.exec(&own, "cat ~/.codex/auth.json").success().prints("{\"key\":\"own-key\"}");
    person.exec(&shared, "cat ~/.codex/auth.json").success().prints("{\"key\":\"shared-key\"}");
    person.cai(["logout", "codex"]).current_dir(&shared).run().success();
    person.exec(&own, "cat ~/.codex/auth.json").success().prints("{\"key\":\"own-key\"}");
}

#[test]
fn hostile_pages_are_refused() {
    let person = Person::new();
    add_settings(&person, "[credentials]\nshared = [\"codex\"]\n");
    let repository = workspace(&person, "hostile");
    let (program, log) = browser(&person, 1);
    let outcome = person
        .cai(["login", "codex", "--device"])
        .current_dir(&repository)
        .env("BROWSER", &program)
        .run();
    // Without a terminal nothing is opened, and the address is printed.
    outcome.success().stderr_contains("open this page in your browser: https://a.example/device");
    outcome.stderr_lacks("evil.example").stderr_contains("a user name").stderr_contains("port 80");
    assert_eq!(outcome.stdout().matches("refused 3").count(), 3, "{}", outcome.stdout());
    assert!(outcome.stdout().contains("shown"), "{}", outcome.stdout());
    assert!(!log.exists(), "a page was opened");
    // The socket is gone soon after the session.
    wait_until(Duration::from_secs(20), "the socket is removed", || {
        let listed = person.exec(&repository, "ls /run/containai/session");
        (!listed.stdout().contains("browser-")).then_some(())
    });
}

#[test]
fn taken_port_is_named() {
    let person = Person::new();
    add_settings(&person, "[env]\nimport = [\"FAKE_PORT\"]\n");
    let repository = workspace(&person, "taken");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let outcome = person
        .cai(["login", "codex"])
        .current_dir(&repository)
        .env("FAKE_PORT", port.to_string())
        .run();
    outcome.code(4).stderr_contains(&port.to_string()).stderr_contains("cai login codex --device");
}

#[test]
fn unknown_and_missing_agents() {
    let person = Person::new();
    let repository = person.repository("unknown");
    let login = |words: &[&str]| {
        person.cai(["login"]).args(words.iter().copied()).current_dir(&repository).run()
    };
    login(&["nobody"]).fails(2, "there is no login for `nobody`");
    person.run(&repository, "true").success();
    login(&["opencode"]).fails(1, "has no program `opencode`");
}

#[test]
fn real_programs_read_the_shared_login() {
    let person = Person::new();
    Engine::shared().ensure_agents_image();
    let (first, second) = (person.repository("first"), person.repository("second"));
    let cai = |repository: &Repository, words: &[&str]| {
        person.cai(words.iter().copied()).current_dir(repository)
    };
    let run = |repository: &Repository, script: &str| {
        cai(repository, &["run", "--", "sh", "-c", script]).run()
    };
    run(&first, "true").success();
    for name in ["codex", "claude"] {
        let login = cai(&first, &["login", name, "--api-key-stdin"]);
        login.stdin("sk-test-real\n").run().success();
    }
    let outcome = run(&second, "codex login status 2>&1; claude auth status");
    let shown = outcome.stdout();
    assert!(shown.contains("API key"), "{shown}");
    assert!(shown.contains("apiKeyHelper"), "{shown}");
    // A login of Claude Code, as it stores one.
    let oauth = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-x","refreshToken":"sk-ant-ort01-x","expiresAt":9999999999999,"scopes":["user:inference"],"subscriptionType":"max"}}"#;
    let store = format!(
        "rm /mnt/agent-credentials/claude/api-key; printf '%s' '{oauth}' > /mnt/agent-credentials/claude/.credentials.json"
    );
    run(&first, &store).success();
    let shown = run(&second, "claude auth status").stdout();
    assert!(shown.contains("claude.ai"), "{shown}");
    for name in ["codex", "claude"] {
        cai(&second, &["logout", name]).run().success();
    }
    let shown = run(&first, "codex login status 2>&1; claude auth status").stdout();
    assert!(shown.contains("Not logged in") && shown.contains("\"loggedIn\": false"), "{shown}");
}

#[test]
fn settings_are_imported_to_new_containers_on_request() {
    let person = Person::new();
    fs::write(person.home().join(".tmux.conf"), "# mine\n").expect("a file can be written");
    let run = |name: &str| {
        let repository = person.repository(name);
        let words = ["run", "--image", "base", "--", "cat", ".tmux.conf"];
        person.cai(words).current_dir(&repository)
    };
    run("unasked").run().stderr_lacks("Import your settings");
    let mut asked = run("asked").on_terminal(120, 30);
    asked.wait_for("Import your settings");
    asked.type_text("y");
    asked.code();
    let config = fs::read_to_string(person.home().join(".config/containai/config.toml"));
    assert!(config.expect("a file").contains("on_create = true"));
    run("remembered").run().stderr_contains("imported ");
}

/// Returns the files of proc(5) that show a text in a process's command line or environment.
fn processes_with(text: &str) -> Vec<PathBuf> {
    let own = Path::new("/proc").join(std::process::id().to_string());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|it| it.path());
    let files = processes
        .filter(|path| *path != own)
        .flat_map(|path| [path.join("cmdline"), path.join("environ")]);
    let has_text = |path: &PathBuf| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|it| it == text.as_bytes()))
    };
    files.filter(has_text).collect()
}
