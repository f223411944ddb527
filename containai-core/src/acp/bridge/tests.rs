use proptest::prelude::*;

use super::*;

const INSIDE: &str = "/home/agent/workspace";

fn bridge() -> AcpBridge {
    bridge_with(AcpAccess::default())
}

fn bridge_with(access: AcpAccess) -> AcpBridge {
    AcpBridge::new(AcpPathMap::new("/src/api", INSIDE), access)
}

/// The host's links: `/link` is the workspace, `/src/api/out` leads to `/etc`.
fn real_path(path: &str) -> Option<String> {
    match path {
        "/src/api/new" => None,
        _ if path.starts_with("/src/api/out") => Some(path.replace("/src/api/out", "/etc")),
        _ => Some(path.replacen("/link", "/src/api", 1)),
    }
}

fn shown(outputs: Vec<AcpOutput>) -> String {
    let lines = outputs.into_iter().map(|output| match output {
        AcpOutput::ToAgent(text) => format!("agent< {text}"),
        AcpOutput::ToClient(text) => format!("client< {text}"),
        AcpOutput::Notice(text) => format!("notice: {text}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn from_client(line: &str) -> String {
    shown(bridge().client_line(line.as_bytes(), &real_path))
}

fn from_agent(line: &str) -> String {
    shown(bridge().agent_line(line.as_bytes(), &real_path))
}

fn update(update: &str) -> String {
    let head = r#"{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":"#;
    let text = from_agent(&format!("{head}{update}}}}}"));
    match text.strip_prefix("client< ").and_then(|text| text.strip_prefix(head)) {
        Some(rest) => rest.strip_suffix("}}").expect("the end").to_owned(),
        None => text,
    }
}

#[test]
fn capabilities_of_the_editor_are_withheld() {
    let line = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":3,"clientCapabilities":{"fs":{"readTextFile":true,"writeTextFile":true,"_meta":{"x": 1}},"terminal":true,"auth":{"terminal":true},"_meta":{"terminal-auth":true,"terminal_output":true}},"capabilities":{"auth":{"terminal":{}}}}}"#;
    insta::assert_snapshot!(from_client(line), @r#"agent< {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":2,"clientCapabilities":{"fs":{"readTextFile":false,"writeTextFile":false,"_meta":{"x": 1}},"terminal":false,"auth":{},"_meta":{"terminal_output":true}},"capabilities":{"auth":{}}}}"#);
    let access = AcpAccess { reads_files: true, writes_files: false, uses_terminals: true };
    let text = shown(bridge_with(access).client_line(line.as_bytes(), &real_path));
    assert!(text.contains(r#""readTextFile":true,"writeTextFile":false"#), "{text}");
    assert!(text.contains(r#""terminal":true,"auth":{}"#), "{text}");
}

#[test]
fn authentication_that_runs_programs_of_the_host_is_removed() {
    let mut bridge = bridge();
    bridge.client_line(
        br#"{"id":"i","method":"initialize","params":{"protocolVersion":1}}"#,
        &real_path,
    );
    let line = br#"{"id":"i","result":{"protocolVersion":1,"authMethods":[{"id":"a","name":"A","_meta":{"terminal-auth":{"command":"sh"},"k":1}},{"id":"t","type":"terminal","args":["x"]}]}}"#;
    insta::assert_snapshot!(shown(bridge.agent_line(line, &real_path)), @r#"client< {"id":"i","result":{"protocolVersion":1,"authMethods":[{"id":"a","name":"A","_meta":{"k":1}}]}}"#);
    bridge.client_line(br#"{"id":1,"method":"initialize","params":{}}"#, &real_path);
    let later = bridge.agent_line(br#"{"id":1,"result":{"protocolVersion":3}}"#, &real_path);
    insta::assert_snapshot!(shown(later), @r#"
    notice: refused a message of the agent: the agent chose version 3 of the protocol; ContainAI passes on versions 1 and 2
    client< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"the agent chose version 3 of the protocol; ContainAI passes on versions 1 and 2"}}
    "#);
}

#[test]
fn paths_of_requests_are_mapped() {
    let new = r#"{"id":1,"method":"session/new","params":{"cwd":"/src/api/../api/a","additionalDirectories":["/src/api/b"],"mcpServers":[{"name":"x\u001b","command":"/bin/x"},{"type":"stdio","name":"y"},{"type":"http","name":"z","url":"https://z"}]}}"#;
    insta::assert_snapshot!(from_client(new), @r#"
    notice: the MCP server `x\u{1b}` is a program of this machine, which the container does not have: it was left out
    notice: the MCP server `y` is a program of this machine, which the container does not have: it was left out
    agent< {"id":1,"method":"session/new","params":{"cwd":"/home/agent/workspace/a","additionalDirectories":["/home/agent/workspace/b"],"mcpServers":[{"type":"http","name":"z","url":"https://z"}]}}
    "#);
    let prompt = r#"{"id":2,"method":"session/prompt","params":{"sessionId":"s","prompt":[{"type":"text","text":"/src/api"},{"type":"resource_link","uri":"file:///src/api/a%20b#L1","name":"a"},{"type":"resource","resource":{"uri":"file:///src/api/c","text":"t"}},{"type":"resource_link","uri":"https://x/y","name":"y"},{"type":"image","uri":null}]}}"#;
    insta::assert_snapshot!(from_client(prompt), @r#"agent< {"id":2,"method":"session/prompt","params":{"sessionId":"s","prompt":[{"type":"text","text":"/src/api"},{"type":"resource_link","uri":"file:///home/agent/workspace/a%20b#L1","name":"a"},{"type":"resource","resource":{"uri":"file:///home/agent/workspace/c","text":"t"}},{"type":"resource_link","uri":"https://x/y","name":"y"},{"type":"image","uri":null}]}}"#);
}

#[test]
fn paths_outside_are_refused() {
    for params in [
        r#""cwd":"/src""#,
        r#""cwd":"/src/api/../../etc""#,
        r#""cwd":"src/api""#,
        r#""cwd":"/src/api","additionalDirectories":["/etc"]"#,
    ] {
        let line = format!(r#"{{"id":1,"method":"session/new","params":{{{params}}}}}"#);
        let text = from_client(&line);
        assert!(
            text.starts_with(r#"client< {"jsonrpc":"2.0","id":1,"error":{"code":-32602"#),
            "{text}"
        );
    }
    for uri in [
        "file:///etc/passwd",
        "file://other/src/api/a",
        "file:///src/api/%2e%2e/x",
        "/etc/x",
        "file:///%f",
    ] {
        let line = format!(
            r#"{{"id":"p","method":"session/prompt","params":{{"prompt":[{{"type":"resource_link","uri":"{uri}"}}]}}}}"#
        );
        let text = from_client(&line);
        assert!(text.contains("is outside of the workspace `/src/api`"), "{text}");
    }
    insta::assert_snapshot!(from_client(r#"{"id":1,"method":"session/new","params":{"cwd":"/etc"}}"#), @r#"client< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"`/etc` is outside of the workspace `/src/api`"}}"#);
}

#[test]
fn linked_root_keeps_the_spelling_of_the_editor() {
    let mut bridge = bridge();
    bridge.client_line(br#"{"id":1,"method":"session/new","params":{"cwd":"/link"}}"#, &real_path);
    let line = br#"{"method":"session/update","params":{"update":{"sessionUpdate":"tool_call","locations":[{"path":"/home/agent/workspace/a"}]}}}"#;
    assert!(shown(bridge.agent_line(line, &real_path)).contains(r#"{"path":"/link/a"}"#));
}

#[test]
fn everything_else_passes_unchanged() {
    for line in [
        r#"{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"s"}}"#,
        r#"{"jsonrpc":"2.0","method":"$/cancel_request","params":{"id":1}}"#,
        r#"{"id":1,"method":"_vendor/x","params":{"cwd":"/etc","n":1e400}}"#,
        r#"{"id":7,"result":{"content":"/src/api/x"}}"#,
        r#"{"id":7,"error":{"code":1,"message":"no"}}"#,
    ] {
        assert_eq!(from_client(line), format!("agent< {line}"));
        assert_eq!(from_agent(line), format!("client< {line}"));
    }
    assert_eq!(from_client(" \r"), "");
}

#[test]
fn shown_paths_are_mapped_and_those_outside_are_removed() {
    let call = r#"{"sessionUpdate":"tool_call","locations":[{"path":"/home/agent/workspace/a","line":1},{"path":"/etc/passwd"},{"path":"/home/agent/workspace/../.ssh/x"}],"content":[{"type":"diff","path":"/home/agent/workspace/a","oldText":null,"newText":"n"},{"type":"diff","path":"/tmp/b","newText":"n"},{"type":"content","content":{"type":"resource_link","uri":"file:///tmp/c","name":"c"}},{"type":"terminal","terminalId":"t"}],"rawInput":{"path":"/etc"}}"#;
    insta::assert_snapshot!(update(call), @r#"{"sessionUpdate":"tool_call","locations":[{"path":"/src/api/a","line":1}],"content":[{"type":"diff","path":"/src/api/a","oldText":null,"newText":"n"},{"type":"content","content":{"type":"text","text":"/tmp/b in the container:\nn"}},{"type":"content","content":{"type":"text","text":"file:///tmp/c in the container"}},{"type":"terminal","terminalId":"t"}],"rawInput":{"path":"/etc"}}"#);
    let chunk = r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"resource","resource":{"uri":" FILE:///etc/x","text":"t"}}}"#;
    insta::assert_snapshot!(update(chunk), @r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":" FILE:///etc/x in the container:\nt"}}"#);
    let linked = r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"resource_link","uri":"file:///home/agent/workspace/a%20b#L2","name":"a"}}"#;
    assert!(update(linked).contains("file:///src/api/a%20b#L2"));
}

#[test]
fn version_2_paths_are_mapped() {
    let call = r#"{"sessionUpdate":"tool_call_update","content":[{"type":"diff","changes":[{"operation":"move","oldPath":"/home/agent/workspace/a","path":"/home/agent/workspace/b"},{"operation":"add","path":"/tmp/x"}]}]}"#;
    insta::assert_snapshot!(update(call), @r#"{"sessionUpdate":"tool_call_update","content":[{"type":"diff","changes":[{"operation":"move","oldPath":"/src/api/a","path":"/src/api/b"}]}]}"#);
    let chunk = r#"{"sessionUpdate":"tool_call_content_chunk","content":{"type":"diff","changes":[{"operation":"add","path":"/home/agent/workspace/x"}]}}"#;
    assert!(update(chunk).contains(r#""path":"/src/api/x""#));
    let terminal =
        r#"{"sessionUpdate":"terminal_update","terminalId":"t","cwd":"/tmp","command":"ls"}"#;
    insta::assert_snapshot!(update(terminal), @r#"{"sessionUpdate":"terminal_update","terminalId":"t","command":"ls"}"#);
    let plan = r#"{"sessionUpdate":"plan_update","plan":{"type":"file","uri":"file:///tmp/p"}}"#;
    insta::assert_snapshot!(update(plan), @"notice: a message about a file outside of the workspace was left out");
    let ask = r#"{"id":1,"method":"session/request_permission","params":{"title":"t","subject":{"type":"command","command":"ls","cwd":"/home/agent/workspace/a"}}}"#;
    assert!(from_agent(ask).contains(r#""cwd":"/src/api/a""#));
    let ask = ask.replace("/home/agent/workspace/a", "/etc");
    assert!(from_agent(&ask).ends_with(r#""params":{"title":"t"}}"#));
}

#[test]
fn sessions_of_other_directories_are_not_listed() {
    let mut bridge = bridge();
    let list = bridge.client_line(
        br#"{"id":3,"method":"session/list","params":{"cwd":"/src/api"}}"#,
        &real_path,
    );
    assert!(shown(list).contains(r#""cwd":"/home/agent/workspace""#));
    let line = br#"{"id":3,"result":{"sessions":[{"sessionId":"a","cwd":"/home/agent/workspace/x"},{"sessionId":"b","cwd":"/tmp"}]}}"#;
    insta::assert_snapshot!(shown(bridge.agent_line(line, &real_path)), @r#"client< {"id":3,"result":{"sessions":[{"sessionId":"a","cwd":"/src/api/x"}]}}"#);
}

#[test]
fn requests_that_act_on_the_host_are_refused() {
    for method in [
        "fs/read_text_file",
        "fs/write_text_file",
        "fs/x",
        "terminal/create",
        "terminal/kill",
        "t\\u0065rminal/create",
    ] {
        let line = format!(
            r#"{{"id":"r","method":"{method}","params":{{"path":"/home/agent/workspace/a"}}}}"#
        );
        let text = from_agent(&line);
        assert!(
            text.contains(r#"agent< {"jsonrpc":"2.0","id":"r","error":{"code":-32601"#),
            "{text}"
        );
        assert!(!text.contains("client<"), "{text}");
    }
}

#[test]
fn questions_open_pages_of_the_web_only() {
    let ask = |url: &str| {
        from_agent(&format!(
            r#"{{"id":1,"method":"elicitation/create","params":{{"mode":"url","url":"{url}"}}}}"#
        ))
    };
    assert!(ask("https://a.test/x").starts_with("client< "));
    for url in ["file:///etc/passwd", "x-app://run", " https://a.test", "HTTPS://a.test"] {
        assert!(!ask(url).contains("client<"), "{url}");
    }
    assert!(
        from_agent(r#"{"id":1,"method":"elicitation/create","params":{"mode":"form"}}"#)
            .starts_with("client< ")
    );
}

#[test]
fn allowed_files_are_those_of_the_workspace() {
    let access = AcpAccess { reads_files: true, writes_files: true, uses_terminals: true };
    let check = |path: &str, expected: &str| {
        let line =
            format!(r#"{{"id":1,"method":"fs/read_text_file","params":{{"path":"{path}"}}}}"#);
        let text = shown(bridge_with(access).agent_line(line.as_bytes(), &real_path));
        assert!(text.contains(expected), "{path}: {text}");
    };
    check(
        "/home/agent/workspace/a",
        r#"client< {"id":1,"method":"fs/read_text_file","params":{"path":"/src/api/a"}}"#,
    );
    check("/home/agent/workspace/new", r#""path":"/src/api/new""#);
    check("/home/agent/workspace/out/passwd", "`/src/api/out/passwd` is outside of the workspace");
    check("/etc/passwd", "`/etc/passwd` is outside of the workspace `/home/agent/workspace`");
    let line = br#"{"id":1,"method":"terminal/create","params":{"command":"ls","cwd":"/etc"}}"#;
    assert!(shown(bridge_with(access).agent_line(line, &real_path)).contains("agent< "));
}

#[test]
fn text_that_is_no_message_does_not_reach_the_editor() {
    assert_eq!(from_agent("Welcome\u{1b}[2J!"), r"notice: Welcome\u{1b}[2J!");
    assert_eq!(from_agent("[]"), "notice: []");
    assert_eq!(from_agent(""), "");
    assert!(from_agent("{\"id\":1,\"method\":\"session/request_permission\",\"params\":{\"toolCall\":{\"locations\":[{\"path\":[\"/etc\"]}]}}}").contains("agent< "));
    assert!(from_agent("{x").starts_with("notice: refused a message of the agent: "));
    // Programs disagree about which of two equal keys counts.
    let twice = r#"{"method":"session/update","params":{"update":{"locations":[{"path":"/home/agent/workspace/a","path":"/etc"}]}}}"#;
    assert!(!from_agent(twice).contains("client<"));
    assert!(!from_agent(r#"{"id":1,"method":"x","result":1}"#).contains("\"result\""));
    let invalid = shown(bridge().agent_line(b"{\"id\":\xff}", &real_path));
    assert!(invalid.starts_with("notice: "), "{invalid}");
}

#[test]
fn malformed_text_of_the_editor_gets_an_error() {
    for line in ["x", "[]", r#"{"id":1,"id":2,"method":"m"}"#, r#"{"a":1}"#] {
        let text = from_client(line);
        assert!(
            text.starts_with(r#"client< {"jsonrpc":"2.0","id":null,"error":{"code":-32600"#),
            "{text}"
        );
    }
    assert!(shown(bridge().client_line(b"\xff", &real_path)).contains("it is not UTF-8"));
}

#[test]
fn first_requests_are_answered_when_the_agent_ends() {
    let mut bridge = bridge();
    bridge.client_line(br#"{"id":"i","method":"initialize","params":{}}"#, &real_path);
    insta::assert_snapshot!(shown(bridge.end("no `x`")), @r#"client< {"jsonrpc":"2.0","id":"i","error":{"code":-32603,"message":"no `x`"}}"#);
    assert_eq!(bridge.end("twice"), []);
}

#[test]
fn large_messages_pass() {
    let text = "é".repeat(5 << 20);
    let line = format!(
        r#"{{"method":"session/update","params":{{"update":{{"content":{{"type":"text","text":"{text}"}}}}}}}}"#
    );
    assert_eq!(from_agent(&line).len(), line.len() + "client< ".len());
}

proptest! {
    #[test]
    fn no_text_of_the_agent_leads_to_a_path_outside(
        path in "(/|\\.|\\.\\.|etc|home/agent/workspace|%2e|%2f|é){0,9}",
        scheme in "(|file://|FILE:|file://localhost| file:)",
    ) {
        let uri = format!("{scheme}{path}");
        let line = serde_json::json!({"method": "session/update", "params": {"update": {
            "locations": [{"path": path}], "content": [{"type": "diff", "path": path, "newText": ""}, {"type": "resource_link", "uri": uri, "name": "n"}]}}});
        let text = bridge().agent_line(line.to_string().as_bytes(), &real_path);
        if let [AcpOutput::ToClient(text)] = text.as_slice() {
            let message: serde_json::Value = serde_json::from_str(text).expect("JSON");
            let update = &message["params"]["update"];
            let locations = update["locations"].as_array().expect("an array");
            for path in locations.iter().map(|it| &it["path"]).chain([&update["content"][0]["path"]]) {
                prop_assert!(path.as_str().is_none_or(|path| path.starts_with("/src/api")), "{}", path);
            }
            let uri = &update["content"][1]["uri"];
            let is_other = |uri: &str| !uri.to_ascii_lowercase().trim().starts_with("file:") && !uri.starts_with('/');
            prop_assert!(uri.as_str().is_none_or(|uri| uri.starts_with("file:///src/api") || uri.starts_with("/src/api") || is_other(uri)), "{}", uri);
        }
    }

    #[test]
    fn any_text_is_handled(text in "(\\{|\\}|\"|id|method|params|:|,|\\[|\\]|1|.)*") {
        bridge().agent_line(text.as_bytes(), &real_path);
        bridge().client_line(text.as_bytes(), &real_path);
    }
}
