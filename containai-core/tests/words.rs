//! Messages for invalid user input. Errors with several variants have their samples
//! beside them.

use std::fmt::Display;
use std::str::FromStr;

use containai_core::config::{IsolationChoice, parse_image, parse_memory};
use containai_core::engine::ImageSource;
use containai_core::naming::{
    AgentName, ClientId, ContextName, EnvName, HostPort, TemplateName, VolumeName,
};
use containai_core::remote::{ClientOption, Direction, Forward, HostKey};
use containai_core::resources::Cpus;
use containai_core::retention::RetentionAge;
use containai_core::testing::render_errors_with_hints;
use containai_core::timestamp::Timestamp;
use containai_core::workspace_store::WorkspaceStoreError;

fn refused<T, E: Display>(outcome: Result<T, E>) -> String {
    outcome.err().map_or_else(|| "nothing is wrong".to_owned(), |error| error.to_string())
}

fn read<T: FromStr<Err: Display>>(text: &str) -> String {
    refused(text.parse::<T>())
}

#[test]
fn parse_errors_state_the_expected_form() {
    let odd = "Ünï códe\u{1b}[31m\n";
    let words = [
        read::<RetentionAge>(odd),
        read::<Timestamp>(odd),
        read::<Cpus>(odd),
        read::<HostPort>(odd),
        read::<ImageSource>(odd),
        read::<IsolationChoice>(odd),
        read::<ClientOption>(odd),
        refused(parse_image(odd)),
        refused(parse_memory("1m")),
        refused(AgentName::parse(odd)),
        refused(ClientId::parse(odd)),
        refused(ContextName::parse(odd)),
        refused(EnvName::parse(odd)),
        refused(TemplateName::parse(odd)),
        refused(VolumeName::parse(odd)),
        refused(HostKey::parse(odd)),
        refused(Forward::parse(Direction::Local, odd)),
        refused(Forward::parse(Direction::Dynamic, odd)),
    ];
    assert!(words.iter().all(|text| !text.contains(char::is_control)), "{words:#?}");
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn store_error_messages() {
    let source = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem).into();
    let error = WorkspaceStoreError { workspace: "/src/api".into(), source };
    insta::assert_snapshot!(render_errors_with_hints(&[("WorkspaceStoreError", error)]));
}
