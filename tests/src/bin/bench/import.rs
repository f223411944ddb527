//! A gibibyte of settings, beside rsync.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process};

/// How many directories, how many files in each, and how big those are.
const FILES: (usize, usize) = (100, 100);
const SIZE: usize = 107_374;
/// What is imported; a directory that its manifest brings along whole.
const SOURCE: &str = ".config/nvim";

/// `cai import` to an empty volume, and again, beside `rsync -a` through the
/// written configuration. Each round takes long, so there are few.
pub(crate) fn measure(person: &Person<'_>, rounds: usize) -> Vec<Row> {
    let rounds = rounds.div_ceil(5);
    let repository = person.repository("bench-import");
    let mount = "sudo mount -t tmpfs -o mode=0700,uid=1000,gid=1000 data /mnt/agent-data && \
                 sudo mkdir -p /mnt/tree && sudo mount -t tmpfs -o mode=1777 tree /mnt/tree";
    person.run(&repository, mount).success();
    let tree = person.home().join(SOURCE);
    make(&tree);
    let alias = format!("containai-{}", person.container_name(repository.path()));
    let sides = Sides { person, repository, tree, alias };
    let first = interleaved(rounds, &mut [&mut || sides.import_anew(), &mut || sides.rsync()]);
    sides.import_anew();
    let again = interleaved(rounds, &mut [&mut || sides.import(), &mut || sides.rsync()]);
    let _ = fs::remove_dir_all(&sides.tree);
    vec![
        Row::against("import of 1 GiB in 10,000 files / rsync -a", &first[0], &first[1], 0.7),
        Row::against("import of what did not change / rsync -a", &again[0], &again[1], 0.1),
    ]
}

struct Sides<'a> {
    person: &'a Person<'a>,
    repository: Repository,
    tree: PathBuf,
    alias: String,
}

impl Sides<'_> {
    fn import_anew(&self) -> Duration {
        let empty = "rm -rf /mnt/agent-data/* /mnt/agent-data/.containai";
        self.person.exec(&self.repository, empty).success();
        self.import()
    }

    fn import(&self) -> Duration {
        let call = self.person.cai(["import", "--only", "editors"]).inside(&self.repository);
        process(call.command())
    }

    fn rsync(&self) -> Duration {
        self.person.exec(&self.repository, "rm -rf /mnt/tree/*").success();
        let shell = format!("ssh -F {}/.ssh/config", self.person.home().display());
        let mut command = Command::new("rsync");
        command.args(["-a", "-e", &shell]).arg(&self.tree);
        command.arg(format!("{}:/mnt/tree/", self.alias));
        process(command)
    }
}

/// Files that no two are alike.
fn make(tree: &std::path::Path) {
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
