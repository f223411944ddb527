//! A gibibyte on a volume, exported to a file and restored.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use containai_tests::{Engine, Person, Repository, Volume};

use crate::report::Row;
use crate::round::{interleaved, process, process_between};

/// The number of directories, and the number and size of the files in each.
const FILES: (usize, usize) = (100, 100);
const SIZE: usize = 107_374;
/// A file system in memory, so that only the engine's disk is measured.
const HERE: &str = "/dev/shm";

/// Compares `cai export` with `tar cz` in a helper container, and `cai import --from` with `rsync
/// -a` in one, both into a new volume. The rounds are long, so there are few.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let rounds = rounds.div_ceil(5);
    let repository = person.repository("bench-export");
    person.run(&repository, "true").success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let volume = Volume::of(person, repository.path());
    make_tree(&volume.path().join("tree"));
    let image = person.container(repository.path())["Config"]["Image"].clone();
    let place = PathBuf::from(format!("{HERE}/containai-bench-export-{}", std::process::id()));
    fs::create_dir_all(&place).expect("a directory can be made");
    let sides = Sides {
        person,
        repository,
        socket: engine.socket(),
        volume,
        image: image.as_str().expect("an image").to_owned(),
        place,
    };
    let out = interleaved(rounds, &mut [&mut || sides.export(), &mut || sides.tar()]);
    let back = interleaved(rounds, &mut [&mut || sides.restore(), &mut || sides.rsync()]);
    let _ = fs::remove_dir_all(&sides.place);
    vec![
        Row::against("export of 1 GiB in 10,000 files / tar cz", &out[0], &out[1], 0.5),
        Row::against("restore of 1 GiB in 10,000 files / rsync -a", &back[0], &back[1], 0.7),
    ]
}

struct Sides<'a> {
    person: &'a Person<'a>,
    repository: Repository,
    socket: PathBuf,
    volume: Volume,
    image: String,
    place: PathBuf,
}

impl Sides<'_> {
    fn export(&self) -> Duration {
        let _ = fs::remove_file(self.archive());
        process(self.cai(&["export", "-o", &self.archive()]))
    }

    fn tar(&self) -> Duration {
        let mount = format!("{}:/data:ro", self.volume.name());
        let tar = self.docker(&["-v", &mount], &["tar", "cz", "-C", "/data", "."]);
        let file = File::create(self.place.join("theirs.tgz")).expect("a file can be made");
        process_between(tar, Stdio::null(), file.into())
    }

    fn restore(&self) -> Duration {
        let target = Volume::named(self.person, "containai-bench-restore");
        let words = ["import", "--data-volume", target.name(), "--from", &self.archive()];
        process(self.cai(&words))
    }

    fn rsync(&self) -> Duration {
        let source = format!("{}/tree:/source:ro", self.volume.path().display());
        let target = Volume::named(self.person, "containai-bench-rsync");
        let mount = format!("{}:/target", target.name());
        let words = ["rsync", "-a", "/source/", "/target/"];
        process(self.docker(&["-v", &source, "-v", &mount], &words))
    }

    fn cai(&self, words: &[&str]) -> Command {
        self.person.cai(words.iter().copied()).current_dir(&self.repository).command()
    }

    fn docker(&self, options: &[&str], words: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.arg("-H").arg(format!("unix://{}", self.socket.display()));
        let isolation = ["--runtime=containai-runc", "--cgroupns=private", "--entrypoint="];
        docker.args(["run", "--rm", "--network=none", "--log-driver=none"]).args(isolation);
        docker.args(options).arg(&self.image).args(words);
        docker
    }

    fn archive(&self) -> String {
        self.place.join("ours.tgz").display().to_string()
    }
}

/// Writes files with distinct contents: half of them random, as pictures and compressed files are,
/// and half of them words, as source and histories are.
fn make_tree(tree: &std::path::Path) {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 32) as u32
    };
    let words: Vec<String> = (0..2000).map(|_| format!("{:x} ", next() >> (next() % 24))).collect();
    for directory in 0..FILES.0 {
        let directory = tree.join(format!("d{directory}"));
        fs::create_dir_all(&directory).expect("a directory can be made");
        for file in 0..FILES.1 {
            let mut content = Vec::with_capacity(SIZE + 16);
            while content.len() < SIZE {
                match file % 2 {
                    0 => content.extend(next().to_le_bytes()),
                    _ => content.extend(words[next() as usize % words.len()].as_bytes()),
                }
            }
            content.truncate(SIZE);
            fs::write(directory.join(format!("f{file}")), content).expect("a file can be written");
        }
    }
}
