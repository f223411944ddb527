use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns an error with its causes on one line, outermost first.
pub(super) fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Reports a failure to the engine: on stderr, and as the last record of runc's `--log` file, which
/// containerd parses as JSON lines and Docker shows as the error message.
pub(super) fn report(log: Option<&Path>, message: &str) {
    // stderr may be closed, and there is no other place to report that.
    let _ = writeln!(std::io::stderr(), "containai-runc: {message}");
    let Some(log) = log else { return };
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(log) {
        let _ = file.write_all(log_record(message, seconds).as_bytes());
    }
}

fn log_record(message: &str, seconds: u64) -> String {
    let text = format!("containai-runc: {message}");
    let record = serde_json::json!({ "level": "error", "msg": text, "time": timestamp(seconds) });
    format!("{record}\n")
}

/// Formats seconds since 1970 as RFC 3339 in UTC. containerd drops records with an invalid time.
///
/// The date is computed by Howard Hinnant's `civil_from_days`.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use containai_core::samples;

    use super::*;
    use crate::host::SetupError;
    use crate::runtime::bundle::BundleError;
    use crate::runtime::cgroup_hook::CgroupHookError;
    use crate::runtime::create::CreateError;
    use crate::runtime::exec::ExecError;
    use crate::runtime::idmap::NamespaceError;
    use crate::runtime::probe::ProbeError;
    use crate::runtime::spec::{HostInfoError, SpecError};
    use crate::runtime::staging::StagingError;

    /// Every variant of every error, in the format that the engine forwards.
    #[test]
    fn error_messages() {
        let io = || io::Error::from(io::ErrorKind::PermissionDenied);
        let json = || serde_json::from_str::<()>("{").expect_err("invalid JSON");
        let path = || PathBuf::from("/src/api");
        let field = "uidMappings";
        let bundle = samples!(BundleError {
            Read: [BundleError::Read { path: path(), source: io() }],
            Parse: [BundleError::Parse { path: path(), source: json() }],
            Write: [BundleError::Write { path: path(), source: io() }],
        });
        let spec = samples!(SpecError {
            NoUserNamespace: [SpecError::NoUserNamespace],
            RootNotMapped: [SpecError::RootNotMapped { field }],
            HostRoot: [SpecError::HostRoot { field, container: 7 }],
            InvalidMap: [SpecError::InvalidMap { field }],
        });
        let namespace = samples!(NamespaceError {
            Holder: [NamespaceError::Holder(io())],
            Map: [NamespaceError::Map { map: "0 100000 65536".to_owned(), source: io() }],
        });
        let stage = samples!(StagingError {
            Setup: [StagingError::Setup {
                step: "leave the mounts of the host".into(),
                source: io()
            }],
            Source: [StagingError::Source { path: path(), source: io() }],
            Unmappable: [StagingError::Unmappable {
                path: path(),
                kind: "nfs".into(),
                source: io()
            }],
            Namespace: [StagingError::Namespace {
                path: path(),
                source: NamespaceError::Holder(io())
            }],
        });
        let hook = samples!(CgroupHookError {
            State: [CgroupHookError::State(io())],
            Parse: [CgroupHookError::Parse(json())],
            Read: [CgroupHookError::Read { path: path(), source: io() }],
            HostRoot: [CgroupHookError::HostRoot { path: path() }],
            Limit: [CgroupHookError::Limit { path: path(), source: io() }],
            Chown: [CgroupHookError::Chown { path: path(), source: io() }],
        });
        let exec = samples!(ExecError {
            Missing: [ExecError::Missing],
            Execute: [ExecError::Execute { path: "/usr/bin/runc", source: io() }],
        });
        let create = samples!(CreateError {
            Bundle: [CreateError::from(BundleError::Read { path: path(), source: io() })],
            Spec: [CreateError::from(SpecError::NoUserNamespace)],
            Host: [CreateError::from(HostInfoError::unreadable("/proc/self/status", io()))],
            Stage: [CreateError::from(StagingError::Source { path: path(), source: io() })],
            MoveToRange: [CreateError::MoveToRange { what: "streams", source: io() }],
        });
        let probe = samples!(ProbeError {
            NotReserved: [ProbeError::NotReserved],
            RangeTooSmall: [ProbeError::RangeTooSmall],
            Record: [ProbeError::from(SetupError::InvalidRecord {
                path: path(),
                reason: "unsupported version 2, expected 1".into()
            })],
            Prepare: [ProbeError::Prepare { dir: path(), source: io() }],
            Stage: [ProbeError::from(StagingError::Source { path: path(), source: io() })],
        });
        let texts = [
            sample_lines(bundle),
            sample_lines(spec),
            sample_lines(namespace),
            sample_lines(stage),
            sample_lines(hook),
            sample_lines(exec),
            sample_lines(create),
            sample_lines(probe),
        ];
        insta::assert_snapshot!(texts.concat());
    }

    fn sample_lines<E: Error>(samples: Vec<(&str, E)>) -> String {
        let line = |(name, error): (&str, E)| format!("{name}: {}\n", error_chain(&error));
        samples.into_iter().map(line).collect()
    }

    #[test]
    fn formats_timestamps() {
        let check = |seconds, expected| assert_eq!(timestamp(seconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_735_689_599, "2024-12-31T23:59:59Z");
        check(1_772_323_200, "2026-03-01T00:00:00Z");
    }

    #[test]
    fn record_is_one_json_line() {
        insta::assert_snapshot!(
            log_record("the spec has no user namespace", 0),
            @r#"{"level":"error","msg":"containai-runc: the spec has no user namespace","time":"1970-01-01T00:00:00Z"}"#
        );
    }
}
