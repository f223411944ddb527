//! The contract of engines, for the fake engine and a real one.

use containai_core::engine::{ContainerSpec, ImageRequest, Isolation};
use containai_core::naming::{ContainerName, HostPort, VolumeName, WorkspacePath};
use containai_core::resources::{HostCapacity, Resources};
use containai_core::testing::FakeEngine;
use containai_docker::DockerEngine;
use containai_tests::contract::{ContractInput, check_engine};
use containai_tests::contract_snapshots::check_snapshots;
use containai_tests::{Engine, Person};
use tokio::runtime::{Builder, Runtime};

fn contract_input(workspace: &str) -> ContractInput {
    let workspace = WorkspacePath::new(workspace).expect("a path");
    let name = ContainerName::parse("contract-main").expect("a name");
    let port = |port| HostPort::new(port).expect("a port");
    let resources = Resources::half_of(HostCapacity { memory_bytes: 4 << 30, cpus: 2 });
    let (data, docker) = (VolumeName::data(&workspace), VolumeName::docker(&workspace));
    let image = String::new();
    let mut spec =
        ContainerSpec::new(name, image, workspace, port(21_700), Isolation::Userns, resources);
    spec.data_volume = Some(data);
    spec.docker_volume = Some(docker);
    ContractInput {
        image: ImageRequest::parse("base"),
        spec,
        other_name: ContainerName::parse("contract-replacement").expect("a name"),
        other_port: port(21_701),
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn fake_engine_fulfils_the_contract() {
    let outcome = runtime().block_on(async {
        check_engine(&FakeEngine::new(), &contract_input("/src/contract")).await?;
        check_snapshots(&FakeEngine::new(), &contract_input("/src/contract")).await
    });
    outcome.expect("the fake does what it is asked for");
}

#[test]
fn real_engine_fulfils_the_contract() {
    let person = Person::new();
    let repository = person.repository("contract");
    let contract_input = contract_input(repository.path().to_str().expect("a plain path"));
    let address = Engine::shared().address().parse().expect("an address");
    let outcome = runtime().block_on(async {
        let engine = DockerEngine::connect(address, None)?;
        check_engine(&engine, &contract_input).await?;
        check_snapshots(&engine, &contract_input).await
    });
    outcome.expect("the engine does what it is asked for");
}
