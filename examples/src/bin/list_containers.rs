//! Lists the containers of ContainAI on an engine.
//!
//! `cargo run -p containai-examples --bin list_containers -- [ADDRESS]`

use containai_core::engine::Engine as _;
use containai_core::layout::EngineLayout;
use containai_docker::{DockerEngine, EngineAddress};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => EngineAddress::unix(EngineLayout::default().socket()),
    };
    let engine = DockerEngine::connect(address, None)?;
    for container in engine.containers().await? {
        if container.labels.is_managed() {
            let workspace = container.labels.workspace().unwrap_or("?");
            println!("{:<24} {:<8} {workspace:?}", container.name, container.state.to_string());
        }
    }
    Ok(())
}
