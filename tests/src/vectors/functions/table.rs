//! The table of functions by their recorded names.

use anyhow::Result;

use super::{catalog, config, env, naming, numbers, ssh};
use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

/// Compares a record with the function of its name.
pub(in crate::vectors) fn compare(record: &Record) -> Result<Verdict> {
    let compare = match record.function.as_str() {
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
        "_env_read_host" => env::read_host,
        "_containai_import_env" => env::import,
        "_containai_parse_config" => config::parse,
        "parse-toml --set-key"
        | "parse-toml --unset-key"
        | "parse-toml --set-workspace-key"
        | "parse-toml --unset-workspace-key" => config::edit,
        "_import_rewrite_excludes" => catalog::rewrite_excludes,
        "_cai_import_git_config" => catalog::git_config,
        "parse-manifest.sh" => catalog::parse_manifest,
        "_cai_write_ssh_host_config" => ssh::host_config,
        "_cai_setup_ssh_config" => ssh::config_include,
        "_cai_ssh_run_with_retry" => ssh::remote_command,
        _ => |_: &Record| Ok(Verdict::NotImplemented),
    };
    compare(record)
}
