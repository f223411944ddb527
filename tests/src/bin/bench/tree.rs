//! Ten thousand small files in each direction.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process};

/// The number of directories, and of files in each.
const FILES: (usize, usize) = (100, 100);
/// A file system in memory, so that the disk is not measured.
const HERE: &str = "/dev/shm";
const THERE: &str = "/mnt/tree";

/// Compares `cai cp` with `scp -r` and `rsync -a` through the generated configuration. One round of
/// scp takes as long as all of the others, so this runs a third as many.
pub(crate) fn measure(person: &Person<'_>, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-tree");
    let mount = format!("sudo mkdir -p {THERE} && sudo mount -t tmpfs -o mode=1777 tree {THERE}");
    person.run(&repository, &mount).success();
    let place = format!("{HERE}/containai-bench-{}", std::process::id());
    make_tree(&Path::new(&place).join("tree"));
    let sides = Sides { person, alias: person.alias(repository.path()), repository, place };
    let mut rows = Vec::new();
    for direction in [Direction::Up, Direction::Down] {
        let few = interleaved(
            rounds.div_ceil(3),
            &mut [&mut || sides.copy(Tool::Cai, direction), &mut || {
                sides.copy(Tool::Scp, direction)
            }],
        );
        let many = interleaved(
            rounds,
            &mut [&mut || sides.copy(Tool::Cai, direction), &mut || {
                sides.copy(Tool::Rsync, direction)
            }],
        );
        let what = format!("10,000 files {}: cai cp", direction.name());
        rows.push(Row::against(&format!("{what} / scp -r"), &few[0], &few[1], 0.1));
        rows.push(Row::against(&format!("{what} / rsync -a"), &many[0], &many[1], 0.6));
    }
    let _ = fs::remove_dir_all(&sides.place);
    rows
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

#[derive(Clone, Copy)]
enum Tool {
    Cai,
    Scp,
    Rsync,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

struct Sides<'a> {
    person: &'a Person<'a>,
    repository: Repository,
    alias: String,
    place: String,
}

impl Sides<'_> {
    /// Copies the tree to an empty place; only the copy is measured.
    fn copy(&self, tool: Tool, direction: Direction) -> Duration {
        let (tree, back) = (format!("{}/tree", self.place), format!("{}/back", self.place));
        let there = format!("{THERE}/tree");
        if matches!(direction, Direction::Up) {
            self.person.exec(&self.repository, &format!("rm -rf {there}")).success();
        }
        let _ = fs::remove_dir_all(&back);
        let host = if matches!(tool, Tool::Cai) { "" } else { &self.alias };
        let words = match direction {
            Direction::Up => [tree, format!("{host}:{THERE}/")],
            Direction::Down => [format!("{host}:{there}"), back],
        };
        process(self.command(tool, &words))
    }

    fn command(&self, tool: Tool, words: &[String; 2]) -> Command {
        let config = self.person.home().join(".ssh/config");
        let mut command = match tool {
            Tool::Cai => {
                self.person.cai(["cp"]).args(words).current_dir(&self.repository).command()
            }
            Tool::Scp => self.person.openssh("scp"),
            Tool::Rsync => Command::new("rsync"),
        };
        match tool {
            Tool::Cai => return command,
            Tool::Scp => command.args(["-q", "-r", "-p"]),
            Tool::Rsync => command.args(["-a", "-e", &format!("ssh -F {}", config.display())]),
        };
        command.args(words);
        command
    }
}

/// Writes files of up to 8 KB.
fn make_tree(root: &Path) {
    let (dirs, files) = FILES;
    for dir in 0..dirs {
        let dir_path = root.join(format!("d{dir}"));
        fs::create_dir_all(&dir_path).expect("a directory can be made");
        for file in 0..files {
            let content = vec![b'x'; (dir * files + file) * 7919 % 8000];
            fs::write(dir_path.join(format!("f{file}")), content).expect("a file can be written");
        }
    }
}
