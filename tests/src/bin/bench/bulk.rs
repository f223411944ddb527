//! One gibibyte in each direction.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use containai_tests::{Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process, process_between};

/// The size of the file, in bytes.
pub(crate) const SIZE: u64 = 1 << 30;
/// A file system in memory, so that the disk is not measured.
const HERE: &str = "/dev/shm";
const THERE: &str = "/mnt/bulk";
/// The cipher that `cai` negotiates with a server of this image. `ssh` would choose another one,
/// which would compare ciphers instead of programs.
pub(crate) const CIPHER: &str = "aes128-gcm@openssh.com";

/// Compares `cai exec` and `cai cp` with `ssh` and the same cipher. One round takes as long as ten
/// of the short ones, so this runs a third as many.
pub(crate) fn measure(person: &Person<'_>, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-bulk");
    let mount = format!(
        "sudo mkdir -p {THERE} && sudo mount -t tmpfs -o mode=1777 bulk {THERE} && head -c {SIZE} /dev/zero >{THERE}/content"
    );
    person.run(&repository, &mount).success();
    let place = PathBuf::from(format!("{HERE}/containai-bench-bulk-{}", std::process::id()));
    fs::create_dir_all(&place).expect("a directory can be made");
    let sides = Sides { person, alias: person.alias(repository.path()), repository, place };
    fill(&sides.content());
    let rounds = rounds.div_ceil(3);
    let down = interleaved(rounds, &mut [&mut || sides.cai_down(), &mut || sides.ssh_down()]);
    let up = interleaved(rounds, &mut [&mut || sides.cai_up(), &mut || sides.ssh_up()]);
    let fetch = interleaved(rounds, &mut [&mut || sides.cp_down(), &mut || sides.ssh_fetch()]);
    let put = interleaved(rounds, &mut [&mut || sides.cp_up(), &mut || sides.ssh_put()]);
    let _ = fs::remove_dir_all(&sides.place);
    vec![
        Row::against("1 GiB down: cai exec head / ssh head", &down[0], &down[1], 1.0),
        Row::against("1 GiB up: cai exec cat / ssh cat", &up[0], &up[1], 0.75),
        Row::against("1 GiB down: cai cp / ssh cat >file", &fetch[0], &fetch[1], 1.0),
        Row::against("1 GiB up: cai cp / ssh 'cat >file' <file", &put[0], &put[1], 0.75),
    ]
}

struct Sides<'a> {
    person: &'a Person<'a>,
    repository: Repository,
    alias: String,
    place: PathBuf,
}

impl Sides<'_> {
    fn cai_down(&self) -> Duration {
        process(self.cai(&["exec", "--", "head", "-c", &SIZE.to_string(), "/dev/zero"]))
    }

    fn ssh_down(&self) -> Duration {
        process(self.ssh(&format!("head -c {SIZE} /dev/zero")))
    }

    fn cai_up(&self) -> Duration {
        let cai = self.cai(&["exec", "--", "sh", "-c", "cat >/dev/null"]);
        process_between(cai, self.read(), Stdio::null())
    }

    fn ssh_up(&self) -> Duration {
        process_between(self.ssh("cat >/dev/null"), self.read(), Stdio::null())
    }

    fn cp_down(&self) -> Duration {
        let _ = fs::remove_file(self.copy());
        let copy = self.copy().display().to_string();
        process(self.cai(&["cp", &format!(":{THERE}/content"), &copy]))
    }

    fn ssh_fetch(&self) -> Duration {
        let _ = fs::remove_file(self.copy());
        let copy = File::create(self.copy()).expect("a file can be made");
        process_between(self.ssh(&format!("cat {THERE}/content")), Stdio::null(), copy.into())
    }

    fn cp_up(&self) -> Duration {
        self.clear();
        let content = self.content().display().to_string();
        process(self.cai(&["cp", &content, &format!(":{THERE}/copy")]))
    }

    fn ssh_put(&self) -> Duration {
        self.clear();
        process_between(self.ssh(&format!("cat >{THERE}/copy")), self.read(), Stdio::null())
    }

    fn cai(&self, words: &[&str]) -> Command {
        self.person.cai(words.iter().copied()).current_dir(&self.repository).command()
    }

    fn ssh(&self, line: &str) -> Command {
        let mut ssh = self.person.openssh("ssh");
        ssh.args(["-c", CIPHER, &self.alias, line]);
        ssh
    }

    fn clear(&self) {
        self.person.exec(&self.repository, &format!("rm -f {THERE}/copy")).success();
    }

    fn read(&self) -> Stdio {
        File::open(self.content()).expect("the file is there").into()
    }

    fn content(&self) -> PathBuf {
        self.place.join("content")
    }

    fn copy(&self) -> PathBuf {
        self.place.join("copy")
    }
}

/// Writes pages of data: a sparse file would be read faster than any other.
fn fill(path: &Path) {
    let mut zeros = std::io::Read::take(std::io::repeat(b'x'), SIZE);
    let mut file = File::create(path).expect("a file can be made");
    std::io::copy(&mut zeros, &mut file).expect("the file fits into memory");
}
