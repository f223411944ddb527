use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use containai_core::exit;
use containai_core::hint::Hint;

use crate::app::App;
use containai::OperationError;
use containai::forward_registry::RegisteredForward;

/// How long a process may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// End what is forwarded
#[derive(Debug, Args)]
pub(crate) struct PortsRemoveArgs {
    /// Where it is listened, such as `8080` or the path of a socket
    #[arg(value_name = "PORT|PATH", required_unless_present_any = ["all", "container"])]
    listens: Vec<String>,
    /// Of this container only
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// Everything
    #[arg(long, conflicts_with = "listens")]
    all: bool,
}

pub(super) async fn run(args: &PortsRemoveArgs, app: &App) -> anyhow::Result<ExitCode> {
    let directory = app.env.layout.forward_dir();
    let mut all = RegisteredForward::list(&directory)?;
    all.retain(|it| args.container.as_ref().is_none_or(|name| it.container == *name));
    let is_meant = |listen: &String| args.listens.is_empty() || args.listens.contains(listen);
    for listen in &args.listens {
        if !all.iter().any(|it| it.listen_addresses().any(|at| at == *listen)) {
            let error = format!("nothing is forwarded from `{listen}`");
            let hint = Hint::run("cai ports", "see what is");
            return Err(OperationError::with_code(exit::FAILED, error).hint(hint).into());
        }
    }
    let meant: Vec<_> =
        all.iter().filter(|it| it.listen_addresses().any(|at| is_meant(&at))).collect();
    for forwarding in &meant {
        forwarding.stop()?;
    }
    wait_stopped(&meant, &directory).await?;
    for (option, text) in meant.iter().flat_map(|it| &it.forwards) {
        app.ui.say(&format!("ended {option} {text}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until the ports are free again.
async fn wait_stopped(
    meant: &[&RegisteredForward],
    directory: &std::path::Path,
) -> anyhow::Result<()> {
    let gone = async {
        while RegisteredForward::list(directory)?
            .iter()
            .any(|it| meant.iter().any(|old| old.pid == it.pid))
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::Ok(())
    };
    let late =
        |_| OperationError::with_code(exit::FAILED, "a process in the background does not end");
    tokio::time::timeout(STOP_TIMEOUT, gone).await.map_err(late)?
}
