use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::config::{ContentHash, Environment, FileText, Flags, IgnoreReason, Origin};
use crate::naming::WorkspacePath;

const USER: &str = "/home/me/.config/containai/config.toml";
const WORKSPACE: &str = "/src/api/.containai/config.toml";

fn file(path: &str, text: &str) -> Option<FileText> {
    Some(FileText { path: PathBuf::from(path), text: text.to_owned() })
}

fn layers(user: &str, workspace: &str) -> ConfigLayers {
    ConfigLayers {
        workspace: WorkspacePath::new("/src/api").ok(),
        user_file: file(USER, user),
        workspace_file: file(WORKSPACE, workspace),
        ..ConfigLayers::default()
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
    Environment::read(|name| find(name).map(|(_, value)| (*value).to_owned()))
}

fn resolve(layers: &ConfigLayers) -> Config {
    Config::resolve(layers).expect("the test's layers are valid")
}

fn refusal(user: &str) -> String {
    use crate::hint::Advice as _;

    let error = Config::resolve(&layers(user, "")).expect_err("the user's file is invalid");
    let source = Error::source(&error).map(|source| format!("\n  {source}"));
    let hints = error.hints().into_iter().map(|hint| format!("\n  hint: {hint}"));
    format!("{error}{}{}", source.unwrap_or_default(), hints.collect::<String>())
}

#[test]
fn empty_configuration_resolves_to_defaults() {
    let config = resolve(&ConfigLayers::default());
    assert_eq!(config.agent, Setting::default_to(AgentName::default()));
    assert_eq!(config.image.value.to_string(), "agents");
    assert_eq!(config.data_volume, Setting::default_to(None));
    assert_eq!(config.ssh_ports().to_string(), "2300-2500");
    assert_eq!(config.mux, Setting::default_to(true));
    assert_eq!(config.mux_idle, Setting::default_to(Duration::from_secs(60)));
    assert_eq!(config.ignored, []);
}

#[test]
fn higher_layer_wins() {
    let user = "agent.default = 'user'\n[workspace.'/src']\nagent = 'section'\n";
    let mut layers = layers(user, "agent.default = 'workspace'");
    layers.environment = environment(&[("CONTAINAI_AGENT", "environment")]);
    layers.flags.agent = AgentName::parse("flag").ok();
    let origin = |layers: &ConfigLayers| {
        let agent = resolve(layers).agent;
        format!("{} from {}", agent.value, agent.origin)
    };

    assert_eq!(origin(&layers), "flag from --agent");
    layers.flags = Flags::default();
    assert_eq!(origin(&layers), "environment from environment:CONTAINAI_AGENT");
    layers.environment = environment(&[("CONTAINAI_AGENT", "")]);
    assert_eq!(origin(&layers), format!("section from user-section:{USER}"));
    layers.workspace = WorkspacePath::new("/srcs").ok();
    assert_eq!(origin(&layers), format!("workspace from workspace:{WORKSPACE}"));
    layers.workspace_file = None;
    assert_eq!(origin(&layers), format!("user from user:{USER}"));
    layers.user_file = None;
    assert_eq!(origin(&layers), "claude from default");
}

#[test]
fn deepest_matching_section_applies() {
    let user = "[workspace.'/src']\ndata_volume = 'outer'\n[workspace.'/src/api']\ndata_volume = 'inner'\n[workspace.'/src/api/sub']\ndata_volume = 'deeper'\n";
    let config = resolve(&layers(user, ""));
    assert_eq!(config.data_volume.value.as_ref().map(VolumeName::as_str), Some("inner"));
}

const HOSTILE_WORKSPACE_FILE: &str = "docker_host = 'tcp://evil:1'\nimage = 'evil'\nimage_source = 'pull'\nisolation = 'userns'\ndata_volume = 'other'\n[ssh]\nforward_agent = true\nport_range_start = 22\nlocal_forward = ['1:a:1']\n[workspace.'/src/api']\nimage = 'evil'\n[agent]\ndefault = 'a b'\ndefalt = 1\n[env]\nimport = ['TOKEN', '1A']\nenv_file = '../out'\n";

#[test]
fn workspace_file_cannot_change_host_settings() {
    let mut config = resolve(&layers("", HOSTILE_WORKSPACE_FILE));
    let ignored = std::mem::take(&mut config.ignored);
    let suggested = std::mem::take(&mut config.suggestions);
    assert_eq!(config, resolve(&ConfigLayers::default()));
    let lines: Vec<_> = ignored.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let keys: Vec<_> =
        suggested.iter().map(|it| format!("{} {}", it.key, it.position.line)).collect();
    insta::assert_snapshot!(keys.join("\n"));
}

#[test]
fn approval_applies_to_the_exact_text() {
    let mut approving =
        layers("image = 'mine'\n[ssh]\nlocal_forward = ['9:b:9']\n", HOSTILE_WORKSPACE_FILE);
    approving.approved = Some(ContentHash::of(HOSTILE_WORKSPACE_FILE));
    let config = resolve(&approving);
    let image = |config: &Config| format!("{} {}", config.image.value, config.image.origin);
    assert_eq!(image(&config), format!("evil workspace:{WORKSPACE}"));
    assert_eq!(config.local_forward.value[0].directive(), "LocalForward 1 a:1");
    assert_eq!(config.env_import.value, [EnvName::parse("TOKEN").expect("a name")]);
    assert!(config.forward_agent.value && config.suggestions.is_empty());
    // Settings of the machine are never taken from the workspace, and its files stay inside it.
    assert_eq!(config.docker_host, Setting::default_to(None));
    assert_eq!(config.isolation, Setting::default_to(IsolationChoice::default()));
    assert_eq!(config.port_range_start.origin, Origin::Default);
    assert_eq!(config.env_file, Setting::default_to(None));

    let section = "[workspace.'/src/api']\nimage = 'section'\n";
    approving.user_file = file(USER, section);
    assert_eq!(image(&resolve(&approving)), format!("section user-section:{USER}"));

    approving.user_file = None;
    approving.workspace_file = file(WORKSPACE, &format!("{HOSTILE_WORKSPACE_FILE} "));
    let config = resolve(&approving);
    assert_eq!(config.image.origin, Origin::Default, "another byte is another file");
    assert!(!config.suggestions.is_empty());
}

#[test]
fn host_environment_is_used_unless_a_file_is_set() {
    let config = |text: &str| resolve(&layers(text, ""));
    assert!(config("env.import = ['A']").env_from_host.value);
    let with_file = config("env.import = ['A']\nenv.env_file = 'sub/../.env'");
    assert!(!with_file.env_from_host.value);
    assert!(config("env.env_file = '.env'\nenv.from_host = true").env_from_host.value);
    let refusals = ["'/etc/passwd'", "'../x'", "''", "'a/..'"];
    for text in refusals {
        let refusal = refusal(&format!("env.env_file = {text}"));
        assert!(refusal.contains("inside the workspace"), "{refusal}");
    }
    let skipped = config("env.import = ['1A', 'A', 'X*']");
    assert_eq!(skipped.env_import.value.len(), 1);
    let lines: Vec<_> = skipped.ignored.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn invalid_workspace_file_is_ignored() {
    let config = resolve(&layers("", "agent = = 1"));
    assert_eq!(config.agent.origin, Origin::Default);
    assert!(
        matches!(&config.ignored[..], [one] if matches!(one.reason, IgnoreReason::InvalidValue(_)))
    );
}

#[test]
fn workspace_file_can_lower_limits() {
    let host = HostCapacity { memory_bytes: 16 << 30, cpus: 8 };
    let check = |user: &str, workspace: &str, expected: &str| {
        let got = resolve(&layers(user, workspace)).resources(host);
        assert_eq!(format!("{} {}", got.memory, got.cpus), expected, "{user:?} {workspace:?}");
    };
    check("", "", "8g 4");
    check("", "resources = { memory_limit = '1g', cpu_limit = 0.5 }", "1g 0.5");
    check("", "resources = { memory_limit = '64g', cpu_limit = 64 }", "8g 4");
    check("resources.memory_limit = '12g'", "resources.memory_limit = '10g'", "10g 4");
    check("resources.memory_limit = '2g'", "resources.memory_limit = '10g'", "2g 4");

    let mut chosen = layers("", "resources.memory_limit = '1g'");
    chosen.flags.memory = "3g".parse().ok();
    assert_eq!(resolve(&chosen).resources(host).memory, ByteSize::from_gib(3));
}

#[test]
fn mux_idle_is_a_bounded_number_of_seconds() {
    for text in ["0", "86401", "-1", "1.5", "'1m'", "true"] {
        let refusal = refusal(&format!("ssh.mux_idle = {text}\n"));
        assert!(refusal.contains("from 1 to 86400"), "{refusal}");
    }
    let config = resolve(&layers("[ssh]\nmux = false\nmux_idle = 5\n", "ssh.mux = true\n"));
    assert!(!config.mux.value, "the workspace has no say");
    assert_eq!(config.mux_idle.value, Duration::from_secs(5));
}

#[test]
fn errors_report_their_position() {
    let texts = [
        "a = 1\nb = = 2\n",
        "[agent]\ndefualt = 'x'\n",
        "[network]\nx = 1\n",
        "agent = 'claude'\n",
        "[ssh]\n  port_range_start = 2400.0\n",
        "ssh.port_range_start = 80\n",
        "ssh.port_range_start = 3000\n",
        "image = ['a']\n",
        "image = '-v'\n",
        "isolation = 'none'\n",
        "resources.memory_limit = '0'\n",
        "resources.cpu_limit = 0\n",
        "workspace = 5\n",
        "[workspace.'./rel']\n",
        "[workspace.'/a']\nimagee = 'b'\n",
        "[[agent]]\ndefault = 'x'\n",
    ];
    let refusals: Vec<_> = texts.into_iter().map(refusal).collect();
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn invalid_variable_is_named() {
    let layers = ConfigLayers {
        environment: environment(&[("CONTAINAI_DATA_VOLUME", "a/b")]),
        ..ConfigLayers::default()
    };
    let error = Config::resolve(&layers).map_err(|error| error.to_string());
    let expected = "the environment variable `CONTAINAI_DATA_VOLUME` cannot be `a/b`";
    assert_eq!(error, Err(expected.to_owned()));
}

proptest! {
    #[test]
    fn precedence_holds_for_every_combination(
        flag: Option<bool>, variable: Option<bool>, section: Option<bool>, workspace: Option<bool>, user: Option<bool>,
    ) {
        let name = |layer: &str, which: bool| format!("{layer}-{which}");
        let all = [
            flag.map(|w| name("flag", w)),
            variable.map(|w| name("variable", w)),
            section.map(|w| name("section", w)),
            workspace.map(|w| name("workspace", w)),
            user.map(|w| name("user", w)),
        ];
        let line = |key: &str, value: &Option<String>| value.as_ref().map_or_else(String::new, |v| format!("{key} = '{v}'\n"));
        let user_text = format!("{}workspace.'/src'.image = 'x'\n{}", line("agent.default", &all[4]), line("workspace.'/src'.agent", &all[2]));
        let mut layers = layers(&user_text, &line("agent.default", &all[3]));
        layers.flags.agent = all[0].as_deref().and_then(|text| AgentName::parse(text).ok());
        layers.environment = environment(&[("CONTAINAI_AGENT", all[1].as_deref().unwrap_or_default())]);
        let expected = all.into_iter().flatten().next();
        let got = Config::resolve(&layers).map(|config| config.agent.value.to_string());
        prop_assert_eq!(got.ok(), Some(expected.unwrap_or_else(|| "claude".to_owned())));
    }

    #[test]
    fn resolving_never_panics(user in "(?s)([a-z_.]+ ?= ?['0-9a-z/\\[\\]{}]+\n|\\[[a-z.'/]+\\]\n)*", workspace in "(?s).*") {
        let _ = Config::resolve(&layers(&user, &workspace));
    }
}

#[test]
fn lists_are_not_merged() {
    let user = "[ssh]\nforward_agent = true\nlocal_forward = ['8080:localhost:80']\noptions = 'Compression yes'\n[workspace.'/src/api'.ssh]\nforward_agent = false\nlocal_forward = ['1:a:1', '/tmp/s:/run/s']\n";
    let workspace = "[ssh]\nlocal_forward = ['2:b:2']\nremote_forward = ['3:c:3']\n";
    let config = resolve(&layers(user, workspace));
    let lines = |list: &[Forward]| list.iter().map(Forward::directive).collect::<Vec<_>>();
    assert_eq!(
        lines(&config.local_forward.value),
        ["LocalForward 1 a:1", "LocalForward /tmp/s /run/s"]
    );
    assert_eq!(config.local_forward.origin.to_string(), format!("user-section:{USER}"));
    assert!(!config.forward_agent.value && config.remote_forward.value.is_empty());
    assert_eq!(config.client_options.value[0].to_string(), "Compression yes");
    assert_eq!(config.suggestions.len(), 2, "{:?}", config.suggestions);
}

#[test]
fn invalid_list_items_are_reported() {
    let texts = [
        "ssh.local_forward = ['80']",
        "ssh.options = ['ProxyCommand x']",
        "ssh.local_forward = { a = 1 }",
        "[workspace.'/src'.ssh]\nnope = 1",
    ];
    insta::assert_snapshot!(texts.map(refusal).join("\n"));
}

#[test]
fn misspelt_table_gets_a_suggestion() {
    for (text, meant) in [
        ("[shh]\nforward_agent = true\n", "did you mean `ssh`?"),
        ("[resource]\nmemory_limit = '4g'\n", "did you mean `resources`?"),
    ] {
        assert!(refusal(text).ends_with(meant), "{}", refusal(text));
    }
}
