use super::*;

fn screened(path: &str, text: &str) -> Screened {
    screen(Screening { path, target: "", allowed: &[] }, text.as_bytes())
}

/// Returns one line with the removed keys, followed by the imported file.
fn shown(path: &str, text: &str) -> String {
    match screened(path, text) {
        Screened::Clean => "clean".to_owned(),
        Screened::Edited { content, keys } => {
            format!("{}\n{}", keys.join(" "), String::from_utf8_lossy(&content))
        }
        Screened::Withheld { keys } => format!("withheld: {}", keys.join(" ")),
    }
}

#[test]
fn json_secrets_are_removed_and_the_rest_is_unchanged() {
    let text = r#"{
  // who I am
  "userID": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "primaryApiKey": "sk-ant-api03-CANARY1", // mine
  "mcpServers": {
    "gh": {
      "command": "docker",
      "args": ["run", "-e", "GITHUB_TOKEN=CANARY2", "--api-key", "CANARY3", "x"],
      "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "CANARY4", "LOG": "debug"}
    },
    "web": {
      "url": "https://mcp.example.org/s/q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5/mcp",
      "headers": {"Authorization": "Bearer CANARY5"}
    },
    "ref": {"headers": {"Authorization": "Bearer ${TOKEN}"}}
  },
  "customApiKeyResponses": {"approved": ["q7Rt2Zp9Lm4Xw1Nv8Bc3"], "rejected": []},
  "numStartups": 12,
  "apiKeyHelper": "echo CANARY6"
}
"#;
    assert_eq!(
        shown(".claude.json", text),
        r#"primaryApiKey mcpServers.gh.args.2 mcpServers.gh.args.4 mcpServers.gh.env.GITHUB_PERSONAL_ACCESS_TOKEN mcpServers.web.url mcpServers.web.headers.Authorization customApiKeyResponses.approved.0 apiKeyHelper
{
  // who I am
  "userID": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  // mine
  "mcpServers": {
    "gh": {
      "command": "docker",
      "args": ["run", "-e", "", "--api-key", "", "x"],
      "env": {"LOG": "debug"}
    },
    "web": {
      "headers": {}
    },
    "ref": {"headers": {"Authorization": "Bearer ${TOKEN}"}}
  },
  "customApiKeyResponses": {"approved": [""], "rejected": []},
  "numStartups": 12
}
"#
    );
    assert_eq!(
        shown(".claude.json", "{\"env\": {\"A_TOKEN\": \"x\"}}"),
        "env.A_TOKEN\n{\"env\": {}}"
    );
    assert_eq!(
        shown("x.json", "{\"a\": 1, \"token\": \"x\", /* c */ \"secret\": \"y\" }"),
        "token secret\n{\"a\": 1/* c */  }"
    );
    let broken = "{\"token\": \"q7Rt2Zp9Lm4Xw1Nv8Bc3\", oops";
    assert_eq!(shown("x.json", broken), "withheld: line 1");
}

#[test]
fn toml_secrets_are_removed_and_the_rest_is_unchanged() {
    let text = r#"model = "gpt-5-codex" # the best
[model_providers.p]
name = "p"
env_key = "OPENAI_API_KEY"
experimental_bearer_token = "CANARY1"   # mine
[mcp_servers.g]
command = "npx"
args = ["-y", "srv", "--token", "CANARY2"]
env = { GITHUB_TOKEN = "CANARY3", HOME = "/home/me" }
[[providers]]
api_key = "CANARY4"
max_tokens = 4096
# old = "sk-ant-api03-q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5"
"#;
    assert_eq!(
        shown(".codex/config.toml", text),
        r#"model_providers.p.experimental_bearer_token mcp_servers.g.args.3 mcp_servers.g.env.GITHUB_TOKEN providers.0.api_key line 11
model = "gpt-5-codex" # the best
[model_providers.p]
name = "p"
env_key = "OPENAI_API_KEY"
[mcp_servers.g]
command = "npx"
args = ["-y", "srv", "--token", ""]
env = { HOME = "/home/me" }
[[providers]]
max_tokens = 4096
"#
    );
    let kimi = Screening { path: ".kimi/config.toml", target: "kimi/config.toml", allowed: &[] };
    let Screened::Edited { content, .. } = screen(kimi, b"api_key = \"x\"\ntype = \"kimi\"\n")
    else {
        panic!("it has a key");
    };
    assert_eq!(String::from_utf8_lossy(&content), "api_key = \"\"\ntype = \"kimi\"\n");
}

#[test]
fn yaml_secrets_are_removed_and_the_rest_is_unchanged() {
    let text = r#"## aider
model: sonnet
openai-api-key: CANARY1 # mine
api-key:
  - gemini=CANARY2
models:
- name: x
  apiKey: "CANARY3"
  requestOptions:
    headers:
      X-Api-Key: CANARY4
    maxTokens: 4096
- name: y
  apiKey: ${{ secrets.KEY }}
"#;
    assert_eq!(
        shown(".aider.conf.yml", text),
        r#"openai-api-key api-key.0 models.0.apiKey models.0.requestOptions.headers.X-Api-Key
## aider
model: sonnet
openai-api-key: "" # mine
api-key:
models:
- name: x
  apiKey: ""
  requestOptions:
    headers:
      X-Api-Key: ""
    maxTokens: 4096
- name: y
  apiKey: ${{ secrets.KEY }}
"#
    );
    assert_eq!(shown("x.yml", "env: {API_TOKEN: abc, B: c}\n"), "withheld: env.API_TOKEN");
    assert_eq!(shown("x.yml", "token: |\n  abc\nb: c\n"), "withheld: token");
}

#[test]
fn shell_lines_with_secrets_become_no_ops() {
    let text = r#"# mine
export EDITOR=vim
export OPENAI_API_KEY="sk-CANARY5"
export GITHUB_TOKEN=$(gh auth token) # from gh
if [ -t 0 ]; then
    export HF_TOKEN=CANARY1
fi
alias q='curl -H "Authorization: Bearer CANARY2" https://x.example.org'
alias ll='ls -l'
export PATH=$HOME/bin:$PATH MAX_TOKENS=5
# export OLD_KEY=ghp_q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy1234A
"#;
    assert_eq!(
        shown(".zshrc", text),
        r#"OPENAI_API_KEY HF_TOKEN q line 11
# mine
export EDITOR=vim
:
export GITHUB_TOKEN=$(gh auth token) # from gh
if [ -t 0 ]; then
    :
fi
:
alias ll='ls -l'
export PATH=$HOME/bin:$PATH MAX_TOKENS=5
"#
    );
    assert_eq!(shown(".env", "A=1\nDB_PASSWORD=x1\n"), "DB_PASSWORD\nA=1\n");
    let odd = "f() {\n  curl -H \"Authorization: Bearer CANARY\" \\\n  x\n}\n";
    assert_eq!(shown(".zshrc", odd), "withheld: line 2");
}

#[test]
fn ini_lines_with_secrets_are_removed() {
    let text = "[user]\n\tname = A\n[gitlab \"x\"]\n\tapikey = CANARY6\n[jira]\n\tsecret = CANARY7\n\
        [alias]\n\tx = !curl -H \\\"Authorization: Bearer CANARY8\\\" https://x.example.org\n\tst = status\n";
    assert_eq!(
        shown(".gitconfig", text),
        r#"gitlab "x".apikey jira.secret alias.x
[user]
	name = A
[gitlab "x"]
[jira]
[alias]
	st = status
"#
    );
    assert_eq!(
        shown(
            ".npmrc",
            "registry=https://r.example.org/\n//r.example.org/:_authToken=CANARY\n//r/:_authToken=${T}\n"
        ),
        "//r.example.org/:_authToken\nregistry=https://r.example.org/\n//r/:_authToken=${T}\n"
    );
    let url = "[remote \"origin\"]\n\turl = https://q7Rt2Zp9Lm4Xw1Nv8Bc3@github.com/x\n";
    let path = ".claude/plugins/marketplaces/x/.git/config";
    assert_eq!(shown(path, url), "remote \"origin\".url\n[remote \"origin\"]\n");
}

#[test]
fn other_files_with_secrets_are_withheld() {
    let token = "ghp_q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy1234A";
    assert_eq!(shown(".claude/CLAUDE.md", &format!("# Notes\nUse {token}.\n")), "withheld: line 2");
    assert_eq!(shown(".claude/skills/x/SKILL.md", &format!("Use {token}.\n")), "withheld: line 1");
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        "MIIEp7v1".repeat(9)
    );
    assert_eq!(shown(".agents/key.txt", &key), "withheld: private key");
    assert_eq!(shown(".netrc", "machine x login y password z"), "withheld: ");
    assert_eq!(shown(".tool/id_ed25519", "x"), "withheld: ");
}

#[test]
fn allowed_secrets_are_kept() {
    let allow = |words: &[&str]| -> Vec<AllowedSecret> {
        words.iter().map(|word| AllowedSecret::parse(word).expect("it is one")).collect()
    };
    let check = |path: &str, allowed: &[&str], text: &str, expected: &str| {
        let allowed = allow(allowed);
        let screened = screen(Screening { path, target: "", allowed: &allowed }, text.as_bytes());
        assert_eq!(format!("{screened:?}"), expected, "{allowed:?}");
    };
    let token = "export A_TOKEN=ghp_q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy1234A\nexport B_TOKEN=b\n";
    check(".zshrc", &[".zshrc:A_TOKEN"], token, "Edited([\"B_TOKEN\"])");
    check(".zshrc", &["~/.zshrc:?_TOKEN"], token, "Clean");
    check(".zshrc", &[".zshrc"], token, "Clean");
    check(".netrc", &[".netrc"], "machine x", "Clean");
    check(".zshrc", &[".zshenv"], token, "Edited([\"A_TOKEN\", \"B_TOKEN\"])");
}

#[test]
fn secret_key_names_are_redacted() {
    let text =
        "{\"tokens\": {\"ghp_q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy1234A\": {\"a\": true}}, \"b\": 1}";
    assert_eq!(shown("x.json", text), "tokens.(secret)\n{\"tokens\": {}, \"b\": 1}");
}

/// Typical settings of agents and editors, without secrets.
#[test]
fn ordinary_settings_are_clean() {
    for (path, text) in [
        (
            ".claude.json",
            r#"{"numStartups": 431, "installMethod": "native", "userID": "1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
            "oauthAccount": {"accountUuid": "550e8400-e29b-41d4-a716-446655440000", "emailAddress": "me@example.org", "organizationRole": "admin"},
            "cachedStatsigGates": {"tengu_disable_bypass_permissions_mode": false, "tengu_use_file_checkpoints": true},
            "tipsHistory": {"shift-enter": 12, "memory-command": 4}, "hasCompletedOnboarding": true, "lastOnboardingVersion": "1.0.61",
            "projects": {"/home/me/src/api": {"allowedTools": ["Bash(npm run test:*)", "mcp__playwright__browser_navigate"],
            "history": [{"display": "why does the login test use a token?", "pastedContents": {}}],
            "lastSessionId": "0f8fad5b-d9cb-469f-a165-70867728950e", "lastTotalInputTokens": 15234, "lastCost": 1.52,
            "mcpServers": {"fs": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/src"], "env": {"NODE_ENV": "production"}}},
            "hasTrustDialogAccepted": true, "exampleFiles": ["TokenStream.tsx", "secretManager.ts"]}},
            "anonymousId": "claudecode.v1.550e8400-e29b-41d4-a716-446655440000", "changelogLastFetched": 1754302112345}"#,
        ),
        (
            ".claude/settings.json",
            r#"{"$schema": "https://json.schemastore.org/claude-code-settings.json", "model": "claude-opus-4-1-20250805",
            "permissions": {"allow": ["Bash(git diff:*)", "Read(~/.zshrc)"], "deny": ["Read(./.env)", "Read(./secrets/**)"]},
            "env": {"ANTHROPIC_MODEL": "us.anthropic.claude-sonnet-4-20250514-v1:0", "MAX_THINKING_TOKENS": "31999", "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "64000", "AWS_PROFILE": "work"},
            "apiKeyHelper": "/usr/local/bin/anthropic-key", "hooks": {"PostToolUse": [{"matcher": "Edit|Write", "hooks": [{"type": "command", "command": "jq -r .tool_input.file_path | xargs prettier --write"}]}]},
            "statusLine": {"type": "command", "command": "~/.claude/statusline.sh"}, "enabledPlugins": {"code-review@claude-plugins-official": true}}"#,
        ),
        (
            ".codex/config.toml",
            "model = \"gpt-5.1-codex-max\"\nmodel_reasoning_effort = \"high\"\npreferred_auth_method = \"chatgpt\"\n\
            cli_auth_credentials_store = \"file\"\n[model_providers.azure]\nbase_url = \"https://x.openai.azure.com/openai\"\nenv_key = \"AZURE_OPENAI_API_KEY\"\n\
            query_params = { api-version = \"2025-04-01-preview\" }\nenv_http_headers = { Authorization = \"AZURE_TOKEN\" }\n\
            [projects.\"/home/me/src\"]\ntrust_level = \"trusted\"\n[tools]\nweb_search = true\n[tui]\nnotifications = true\n",
        ),
        (
            ".gemini/settings.json",
            r#"{"security": {"auth": {"selectedType": "oauth-personal"}}, "ui": {"theme": "GitHub"}, "model": {"name": "gemini-2.5-pro", "maxSessionTurns": 10},
            "mcpServers": {"gh": {"httpUrl": "https://api.githubcopilot.com/mcp/", "headers": {"Authorization": "Bearer $GITHUB_TOKEN"}}}}"#,
        ),
        (
            ".config/opencode/opencode.json",
            r#"{"$schema": "https://opencode.ai/config.json", "theme": "tokyonight", "model": "anthropic/claude-sonnet-4-5", "keybinds": {"leader": "ctrl+x", "session_new": "<leader>n", "messages_half_page_up": "ctrl+alt+u"},
            "provider": {"openrouter": {"options": {"apiKey": "{env:OPENROUTER_API_KEY}", "baseURL": "https://openrouter.ai/api/v1"}, "models": {"moonshotai/kimi-k2-0905": {"limit": {"context": 262144, "output": 16384}}}}}}"#,
        ),
        (
            ".continue/config.yaml",
            "name: Local\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: Codestral\n    provider: mistral\n    model: codestral-latest\n    apiKey: ${{ secrets.MISTRAL_API_KEY }}\n    roles:\n      - autocomplete\n    defaultCompletionOptions:\n      maxTokens: 4096\n",
        ),
        (
            ".vscode-server/data/Machine/settings.json",
            "{\n  // mine\n  \"editor.tokenColorCustomizations\": {\"comments\": \"#ff0000\"},\n  \"github.copilot.enable\": {\"*\": true},\n  \"key\": \"ctrl+shift+f5\",\n  \"terminal.integrated.fontFamily\": \"JetBrainsMono Nerd Font\",\n}",
        ),
        (
            ".zshrc",
            "export ZSH=$HOME/.oh-my-zsh\nZSH_THEME=\"robbyrussell\"\nplugins=(git docker)\nsource $ZSH/oh-my-zsh.sh\nexport NVM_DIR=\"$HOME/.nvm\"\n\
            export ANTHROPIC_API_KEY=$(op read op://dev/anthropic/key)\nexport GPG_TTY=$(tty)\nexport LS_COLORS='rs=0:di=01;34'\nexport FZF_DEFAULT_OPTS='--height 40%'\nbindkey '^[[A' up-line-or-search\nalias tok='tokei --sort code'\neval \"$(starship init zsh)\"\n",
        ),
        (
            ".claude/plugins/cache/x/package-lock.json",
            r#"{"packages": {"node_modules/jsonwebtoken": {"version": "9.0.2", "resolved": "https://registry.npmjs.org/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz", "integrity": "sha512-PRp66vJ865SSqOlgqS8hujT5U4AOgMfhrwYIuIhfKaoSCZcirrmASQr8CX7cUg+RMih+hgznrjp99o+W4pJLHQ=="}}}"#,
        ),
        (
            ".claude/plugins/installed_plugins.json",
            r#"{"version": 1, "plugins": {"a@b": {"version": "2ac3cfb6d5a9", "installPath": "/home/me/.claude/plugins/cache/a", "gitCommitSha": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}}}"#,
        ),
        (
            ".vscode-server/extensions/x/package.json",
            r#"{"contributes": {"configuration": {"properties": {"x.apiKey": {"type": "string", "description": "The token", "password": true}}}, "colors": [{"id": "tokenColor", "token": "keyword.control"}]}}"#,
        ),
        (
            ".cursor/extensions/x/icons.json",
            r#"{"icon": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="}"#,
        ),
        (
            ".config/gh/config.yml",
            "version: \"1\"\ngit_protocol: https\neditor:\nprompt: enabled\naliases:\n    co: pr checkout\nhttp_unix_socket:\nbrowser:\n",
        ),
        (
            ".config/starship.toml",
            "format = \"$all\"\n[aws.profile_aliases]\nx = \"y\"\n[battery]\nfull_symbol = \"🔋\"\n",
        ),
        (
            ".tmux.conf",
            "set -g prefix C-a\nbind-key r source-file ~/.tmux.conf\nset -g @plugin 'tmux-plugins/tpm'\n",
        ),
        (
            ".gitconfig",
            "[user]\n\tname = A\n\temail = a@example.org\n\tsigningkey = 3AA5C34371567BD2\n[credential]\n\thelper = !gh auth git-credential\n[url \"ssh://git@github.com/\"]\n\tinsteadOf = https://github.com/\n",
        ),
        (
            ".claude/CLAUDE.md",
            "# Rules\n- Never print a token: use $GITHUB_TOKEN.\n- API_KEY=your-key goes into .env\n- Build with `make TOKEN=x`\n",
        ),
        (".pi/agent/keybindings.json", r#"{"submit": ["enter"], "newSession": ["ctrl+n"]}"#),
        (
            ".kimi/config.toml",
            "default_model = \"kimi-k2-turbo-preview\"\n[loop_control]\nmax_steps_per_run = 100\nreserved_context_size = 50000\n",
        ),
        (
            ".copilot/config.json",
            "// written by copilot\n{\"banner\": \"never\", \"trusted_folders\": [\"/home/me/src\"], \"last_logged_in_user\": {\"host\": \"https://github.com\", \"login\": \"octocat\"}}",
        ),
        (
            ".config/nvim/lazy-lock.json",
            r#"{"lazy.nvim": {"branch": "main", "commit": "6c3bda4aca61a13a9c63f1c1d1b16b9d3be90d7a"}}"#,
        ),
        (
            ".config/nvim/init.lua",
            "vim.keymap.set('n', '<leader>ff', builtin.find_files, { desc = 'Telescope find files' })\nlocal token = vim.env.TOKEN\n",
        ),
    ] {
        assert_eq!(shown(path, text), "clean", "{path}");
    }
}

proptest::proptest! {
    #[test]
    fn secrets_never_remain(before in "(?s)[a-z \n{}\\[\\]\":,=#'-]{0,40}", after in "(?s)[^\\x00]{0,40}", name in "x(\\.(json|toml|yml|ini|env|sh|md))?") {
        let token = "ghp_q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy1234A";
        let text = format!("{before} {token} {after}");
        match screened(&name, &text) {
            Screened::Clean => proptest::prop_assert!(false, "{}", text),
            Screened::Edited { content, .. } => {
                proptest::prop_assert!(!String::from_utf8_lossy(&content).contains(token));
            }
            Screened::Withheld { .. } => {}
        }
    }

    #[test]
    fn json_stays_json(a in "[a-z]{1,4}", n in 0_usize..6, token in 0_usize..6) {
        let members: Vec<_> = (0..n).map(|i| {
            let key = if i == token { "password".to_owned() } else { format!("{a}{i}") };
            format!("\"{key}\": \"x{i}\"")
        }).collect();
        let text = format!("{{ {} }}", members.join(" , "));
        if let Screened::Edited { content, .. } = screened("x.json", &text) {
            let value: serde_json::Value = serde_json::from_slice(&content).expect("JSON");
            proptest::prop_assert_eq!(value.as_object().map(|it| it.len()), Some(n - 1));
        }
    }
}
