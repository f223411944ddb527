//! A gibibyte of settings, compared with rsync.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Engine, Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process};

/// The number of directories, and the number and size of the files in each.
const FILES: (usize, usize) = (100, 100);
const SIZE: usize = 107_374;
/// The imported directory; its manifest imports all of it.
const SOURCE: &str = ".config/nvim";
/// The volume that a helper container fills.
const VOLUME: &str = "containai-bench-import";

/// Compares `cai import` into an empty volume, and a second import, with `rsync -a` in a helper
/// container that mounts the volume, and with `rsync -a` through the generated configuration. The
/// rounds are long, so there are few.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let rounds = rounds.div_ceil(3);
    let repository = person.repository("bench-import");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let tree = person.home().join(SOURCE);
    make_tree(&tree);
    let sides = Sides {
        image: container["Config"]["Image"].as_str().unwrap_or_default().to_owned(),
        alias: person.alias(repository.path()),
        engine: engine.address(),
        person,
        repository,
        tree,
    };
    let first = interleaved(
        rounds,
        &mut [&mut || sides.first_import(), &mut || sides.first_helper(), &mut || {
            sides.first_ssh()
        }],
    );
    let again = interleaved(
        rounds,
        &mut [&mut || sides.import(), &mut || sides.helper(), &mut || sides.ssh()],
    );
    process(sides.docker(&["volume", "rm", VOLUME]));
    let _ = fs::remove_dir_all(&sides.tree);
    let (new, old) = ("import of 1 GiB in 10,000 files", "import of what did not change");
    vec![
        Row::against(&format!("{new} / rsync in a container"), &first[0], &first[1], 0.7),
        Row::against(&format!("{new} / rsync through ssh"), &first[0], &first[2], 0.7),
        Row::against(&format!("{old} / rsync in a container"), &again[0], &again[1], 0.1),
        Row::against(&format!("{old} / rsync through ssh"), &again[0], &again[2], 0.5),
    ]
}

struct Sides<'a> {
    person: &'a Person<'a>,
    repository: Repository,
    tree: PathBuf,
    alias: String,
    engine: String,
    image: String,
}

impl Sides<'_> {
    fn first_import(&self) -> Duration {
        self.empty("/mnt/agent-data/* /mnt/agent-data/.containai");
        self.import()
    }

    fn import(&self) -> Duration {
        let call = self.person.cai(["import", "--only", "editors"]).current_dir(&self.repository);
        process(call.command())
    }

    fn first_helper(&self) -> Duration {
        let _ = self.docker(&["volume", "rm", VOLUME]).output();
        rustix::fs::sync();
        self.helper()
    }

    fn helper(&self) -> Duration {
        let source = format!("--volume={}:/source:ro", self.tree.display());
        let target = format!("--volume={VOLUME}:/target");
        let mut run = self.docker(&["run", "--rm", "--network=none", "--entrypoint=rsync"]);
        run.args([&source, &target, &self.image]);
        run.args(["-a", "--chown=1000:1000", "/source/", "/target/"]);
        process(run)
    }

    fn first_ssh(&self) -> Duration {
        self.empty("/home/agent/tree");
        self.ssh()
    }

    fn ssh(&self) -> Duration {
        let shell = format!("ssh -F {}/.ssh/config", self.person.home().display());
        let mut command = Command::new("rsync");
        command.args(["-a", "-e", &shell]).arg(&self.tree);
        command.arg(format!("{}:/home/agent/tree/", self.alias));
        process(command)
    }

    /// Empties a volume or directory and syncs, so that no writes are pending when a side starts.
    fn empty(&self, what: &str) {
        self.person.exec(&self.repository, &format!("rm -rf {what}")).success();
        rustix::fs::sync();
    }

    fn docker(&self, args: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.args(["--host", &self.engine]).args(args);
        docker
    }
}

/// Writes files with distinct contents.
fn make_tree(tree: &std::path::Path) {
    let mut state = 1_u64;
    for directory in 0..FILES.0 {
        let directory = tree.join(format!("d{directory}"));
        fs::create_dir_all(&directory).expect("a directory can be made");
        for file in 0..FILES.1 {
            let content: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_le_bytes()
            })
            .take(SIZE / 8)
            .flatten()
            .collect();
            fs::write(directory.join(format!("f{file}")), content).expect("a file can be written");
        }
    }
}
