//! Our functions under the names of the recorded ones.

mod artifacts;
mod catalog;
mod env;
mod naming;
mod numbers;
mod ssh;

use anyhow::Result;

use super::record::Record;
use super::report::Verdict;

pub(super) use artifacts::{ARTIFACTS, compare_artifacts};

/// Judges a record by our function of that name.
pub(super) fn judge(record: &Record) -> Result<Verdict> {
    let judge = match record.function.as_str() {
        "_cai_sanitize_hostname" => naming::hostname,
        "_containai_container_name" => naming::container_name,
        "_containai_generate_volume_name" => naming::volume_name,
        "_containai_validate_volume_name" => naming::validate_volume_name,
        "_containai_validate_context_name" => naming::validate_context_name,
        "_cai_validate_template_name" => naming::validate_template_name,
        "_env_validate_var_name" => naming::validate_env_name,
        "_cai_detect_resources" => numbers::resources,
        "_cai_format_size" => numbers::format_size,
        "_cai_parse_age_to_seconds" => numbers::age,
        "_cai_version_is_greater" => numbers::version_is_greater,
        "_env_parse_file" => env::parse_file,
        "_import_rewrite_excludes" => catalog::rewrite_excludes,
        "parse-manifest.sh" => catalog::parse_manifest,
        "_cai_write_ssh_host_config" => ssh::host_config,
        "_cai_setup_ssh_config" => ssh::config_include,
        "_cai_ssh_run_with_retry" => ssh::remote_command,
        _ => |_: &Record| Ok(Verdict::NotImplemented),
    };
    judge(record)
}
