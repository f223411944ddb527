use std::collections::BTreeMap;

use serde_json::Value;

use crate::devcontainer::plan::DevcontainerPlan;
use crate::devcontainer::{
    Approval, ComposeProject, Devcontainer, DevcontainerContext, DevcontainerError, jsonc,
};

/// The files of a workspace at `/src/shop`.
struct Files(BTreeMap<&'static str, &'static str>);

impl Files {
    fn new<const N: usize>(files: [(&'static str, &'static str); N]) -> Self {
        Self(files.into())
    }

    fn read(&self, text: &str) -> Result<ComposeProject, DevcontainerError> {
        let reader = |path: &str, _| Ok(self.0.get(path).map(|text| (*text).to_owned()));
        let read = ComposeProject::read(text, ".devcontainer", &reader)?;
        Ok(read.expect("a `dockerComposeFile`"))
    }

    /// Returns the document that the service stands for, and the plan.
    fn document(&self, text: &str) -> String {
        let project = match self.read(text) {
            Ok(project) => project,
            Err(error) => return error.to_string(),
        };
        let raw = jsonc::parse(text).expect("JSON");
        let mut plan = DevcontainerPlan::default();
        let document = project.apply(&raw, ".devcontainer", "/src/shop", &mut plan);
        let document = document.map(Value::Object).expect("a document");
        let mut lines = vec![serde_json::to_string_pretty(&document).expect("JSON")];
        lines.extend(plan.entries().iter().map(ToString::to_string));
        lines.join("\n")
    }

    fn parse(&self, text: &str, approval: Approval) -> Result<Devcontainer, DevcontainerError> {
        let project = self.read(text)?;
        let host = DevcontainerContext {
            workspace: "/src/shop",
            folder: ".devcontainer",
            id: "id",
            compose: Some(&project),
            variable: &|name| (name == "TOKEN").then(|| "hush".to_owned()),
        };
        Devcontainer::parse(text, &host, approval)
    }
}

const ONE: &str = r#"{"dockerComposeFile": "compose.yml", "service": "app"}"#;

#[test]
fn service_becomes_the_container() {
    let files = Files::new([
        (
            ".devcontainer/compose.yml",
            "version: '3'\n\
             x-common: &common\n  restart: unless-stopped\n  labels: [a=b]\n\
             services:\n\
             \x20 app:\n\
             \x20   <<: *common\n\
             \x20   build: {context: .., dockerfile: .devcontainer/Dockerfile, target: dev, args: {V: '${V:-3}', USER_ID: }}\n\
             \x20   image: ours:latest\n\
             \x20   command: sleep infinity\n\
             \x20   env_file: [.env, {path: gone.env, required: false}]\n\
             \x20   environment:\n      - A=${A}\n      - PASSED\n      - B=$$x\n\
             \x20   user: '1000:1000'\n\
             \x20   volumes:\n      - ../..:/workspaces:cached\n      - modules:/workspaces/shop/node_modules\n      - ./conf/a.ini:/opt/a.ini:ro\n\
             \x20     - ~/.aws:/home/agent/.aws\n      - type: bind\n        source: ../../other\n        target: /other\n        read_only: true\n\
             \x20     - shared:/data\n      - home:/home\n      - /anonymous\n\
             \x20   ports: ['3000', '8080:80', 127.0.0.1:9000:9000, {target: 5, published: 6}]\n\
             \x20   cap_add: [SYS_PTRACE]\n\
             \x20   security_opt: ['seccomp:unconfined']\n\
             \x20   extra_hosts: ['a.test:127.0.0.1']\n\
             \x20   ulimits: {nofile: {soft: 10, hard: 20}}\n\
             \x20   shm_size: 1gb\n\
             \x20   privileged: true\n\
             \x20   depends_on: [db]\n\
             \x20   network_mode: service:db\n\
             \x20   blkio_config: {weight: 300}\n\
             \x20 db:\n\
             \x20   image: postgres:${PG:-17}\n\
             \x20   environment: {PASSWORD: '${DB_PASSWORD}', HOME: $HOME}\n\
             volumes:\n  modules:\n  home:\n  shared: {external: true, name: team}\n",
        ),
        (".devcontainer/.env", "A=1\n"),
    ]);
    insta::assert_snapshot!(files.document(ONE));
    let project = files.read(ONE).expect("a project");
    insta::assert_snapshot!(project.program().expect("one").split("\n\n").next().expect("a head"));
}

#[test]
fn files_are_merged_and_services_extended() {
    let files = Files::new([
        (
            "compose.yml",
            "services:\n\
             \x20 web:\n    build: ./web\n    environment: {A: 1, B: 1}\n    volumes: ['.:/old', 'x:/x']\n    command: [npm, start]\n\
             \x20   env_file: web/.env\n",
        ),
        (
            ".devcontainer/more.yml",
            "services:\n\
             \x20 web:\n    extends: {file: shared/base.yml, service: base}\n    environment: [B=2]\n    volumes: ['.:/new', 'y:/x:ro']\n",
        ),
        (
            "shared/base.yml",
            "services:\n  base:\n    extends: root\n    env_file: base.env\n  root:\n    environment: {B: 0, C: 3}\n    depends_on: [gone]\n",
        ),
        ("web/.env", "D=4\n"),
        ("shared/base.env", "D=5\nE='6'\n"),
    ]);
    let text = r#"{"dockerComposeFile": ["../compose.yml", "more.yml"], "service": "web", "workspaceFolder": "/new/sub",
        "containerEnv": {"E": "own"}, "overrideCommand": true, "runServices": ["web"]}"#;
    insta::assert_snapshot!(files.document(text));
    assert_eq!(files.read(text).expect("a project").program(), None);
}

#[test]
fn host_is_reached_only_with_approval() {
    let app = |lines: &'static str| Files::new([(".devcontainer/compose.yml", lines)]);
    for (lines, demand) in [
        ("services: {app: {image: 'a:$TAG'}}", Some("variables")),
        ("services: {app: {image: a, environment: [TOKEN]}}", Some("variables")),
        ("services: {app: {image: a, environment: {X: '$${localEnv:TOKEN}'}}}", Some("variables")),
        ("services: {app: {image: a, volumes: ['/srv:/srv']}}", Some("mounting")),
        ("services: {app: {image: a, volumes: ['x:/x']}}", Some("mounting")),
        ("services: {app: {image: a}, db: {image: '$TAG'}}", Some("variables")),
        (
            "services: {app: {image: 'a:${TAG:-1}', volumes: ['..:/w']}, db: {image: '${TAG-1}', user: $USER}}",
            None,
        ),
    ] {
        let read = app(lines).parse(ONE, Approval::Missing);
        match (read, demand) {
            (Err(error @ DevcontainerError::Untrusted { .. }), Some(demand)) => {
                assert!(error.to_string().contains(demand), "{lines}: {error}");
            }
            (Ok(_), None) => {}
            (read, _) => panic!("{lines}: {read:?}"),
        }
    }
    let files =
        app("services: {app: {image: a, environment: [TOKEN, X=1]}, db: {image: '$TOKEN'}}");
    let read = files.parse(ONE, Approval::Given).expect("approved");
    assert_eq!(read.container_env, [("X".to_owned(), "1".to_owned())].into());
    assert_eq!(read.session_env["TOKEN"], "hush");
    assert!(read.lifecycle.services.is_some());
}

#[test]
fn wrong_files_are_refused_by_name() {
    let one = |text: &'static str| Files::new([(".devcontainer/compose.yml", text)]).document(ONE);
    let all = [
        Files::new([]).document(ONE),
        one("services: [app]"),
        one("services: {web: {}, db: {}}"),
        one("services: {app: {command: x}}"),
        one("services: {app: 1}"),
        one("services: {app: {image: a, extends: app}}"),
        one("services: {app: {image: a, extends: {file: ../../x.yml, service: y}}}"),
        one("services: {app: {image: a, extends: none}}"),
        one("services: {app: {build: ../..}}"),
        one("services: {app: {build: {dockerfile_inline: FROM x, ssh: [default]}}}"),
        one("services: {app: {image: a, env_file: gone.env}}"),
        one("services: {app: {image: a, volumes: [{type: bind}]}}"),
        one("services: {app: {image: a, network_mode: host, command: npm start}}"),
        Files::new([]).document(r#"{"dockerComposeFile": "../../x.yml", "service": "a"}"#),
        Files::new([]).document(r#"{"dockerComposeFile": [], "service": "a"}"#),
        Files::new([]).document(r#"{"dockerComposeFile": "x.yml"}"#),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}
