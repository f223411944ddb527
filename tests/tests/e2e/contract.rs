//! The fake engine and the real one keep the same promises.

use containai_core::engine::{
    ContainerSpec, HostFacts, ImageRequest, Isolation, Lifetime, Protection, WorkspaceMount,
};
use containai_core::fake::FakeEngine;
use containai_core::naming::{ContainerName, HostPort, Hostname, VolumeName, WorkspacePath};
use containai_core::resources::{HostCapacity, Resources};
use containai_docker::DockerEngine;
use containai_tests::contract::{Terms, hold};
use containai_tests::contract_snapshots::hold_snapshots;
use containai_tests::{Engine, Person};
use tokio::runtime::{Builder, Runtime};

fn terms(workspace: &str) -> Terms {
    let workspace = WorkspacePath::new(workspace).expect("a path");
    let name = ContainerName::parse("contract-main").expect("a name");
    let port = |port| HostPort::new(port).expect("a port");
    Terms {
        image: ImageRequest::parse("base"),
        spec: ContainerSpec {
            hostname: Hostname::sanitize(name.as_ref()),
            image: String::new(),
            data_volume: Some(VolumeName::data(&workspace)),
            docker_volume: Some(VolumeName::docker(&workspace)),
            port: port(21_700),
            resources: Resources::half_of(HostCapacity { memory_bytes: 4 << 30, cpus: 2 }),
            isolation: Isolation::Userns,
            template: String::new(),
            lifetime: Lifetime::Lasting,
            protection: Protection::None,
            repository: None,
            mounts: Vec::new(),
            replaces: None,
            revives: None,
            mount: WorkspaceMount::Bind,
            host: HostFacts::default(),
            workspace,
            name,
        },
        other_name: ContainerName::parse("contract-heir").expect("a name"),
        other_port: port(21_701),
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn the_fake_engine_keeps_its_promises() {
    let outcome = runtime().block_on(async {
        hold(&FakeEngine::new(), &terms("/src/contract")).await?;
        hold_snapshots(&FakeEngine::new(), &terms("/src/contract")).await
    });
    outcome.expect("the fake does what it is asked for");
}

#[test]
fn the_real_engine_keeps_its_promises() {
    let person = Person::new();
    let repository = person.repository("contract");
    let terms = terms(repository.path().to_str().expect("a plain path"));
    let address = Engine::shared().address().parse().expect("an address");
    let outcome = runtime().block_on(async {
        let engine = DockerEngine::connect(address, None)?;
        hold(&engine, &terms).await?;
        hold_snapshots(&engine, &terms).await
    });
    outcome.expect("the engine does what it is asked for");
}
