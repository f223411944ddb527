//! The OCI runtime `containai-runc`; see `containai_docker::runtime`.

fn main() -> std::process::ExitCode {
    containai_docker::runtime::main(std::env::args_os().skip(1))
}
