//! Runs the scripts on this machine's files and kills them at any point.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use tempfile::TempDir;

use super::{copy, copy_in, pack, unpack, unpack_in};

#[test]
fn scripts() {
    insta::assert_snapshot!("copy", copy());
    insta::assert_snapshot!("pack", pack());
    insta::assert_snapshot!("unpack", unpack());
}

/// A volume with content, a tree to restore, and a directory for state that survives a crash.
struct TestVolume(TempDir);

impl TestVolume {
    fn new() -> io::Result<Self> {
        let place = Self(TempDir::new()?);
        for directory in ["volume/kept/deep", "tree/new/kept", "memory", "bin"] {
            fs::create_dir_all(place.at(directory))?;
        }
        for (path, content) in [
            ("volume/kept/deep/old", "old"),
            ("volume/.hidden", "old"),
            ("volume/both", "old"),
            ("tree/new/kept/fresh", "new"),
            ("tree/new/.dot", "new"),
            ("tree/new/..dots", "new"),
            ("tree/new/both", "new"),
            ("tree/complete", ""),
        ] {
            fs::write(place.at(path), content)?;
        }
        symlink("/nowhere", place.at("tree/new/dangling"))?;
        fs::set_permissions(place.at("tree/new"), fs::Permissions::from_mode(0o751))?;
        let date = ["--date=2001-01-01 00:00:00.5", "--no-dereference"];
        let touched = Command::new("touch").args(date).arg(place.at("tree/new")).status()?;
        assert!(touched.success());
        Ok(place)
    }

    /// Returns one whose volume is empty.
    fn empty() -> io::Result<Self> {
        let place = Self::new()?;
        fs::remove_dir_all(place.at("volume"))?;
        fs::create_dir(place.at("volume"))?;
        Ok(place)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Returns an archive of the tree, with or without its last file.
    fn archive(&self, last: &[&str]) -> io::Result<Vec<u8>> {
        let mut tar = Command::new("tar");
        tar.args(["--create", "--format=posix", "--file=-", "--directory"]).arg(self.at("tree"));
        Ok(tar.arg("new").args(last).output()?.stdout)
    }

    /// Runs the script. The calls of external programs are counted, and the process group is killed
    /// at one of them.
    fn run(&self, input: &[u8], killed_at: Option<usize>) -> io::Result<bool> {
        let mut child = self.start(killed_at)?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may have been killed already.
            let _ = stdin.write_all(&[b"go\n", input].concat());
        }
        Ok(child.wait()?.success())
    }

    /// As [`Self::run`], with the archive in a named pipe.
    fn run_with_pipe(&self, input: &[u8]) -> io::Result<bool> {
        let pipe = self.at("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status()?.success());
        let mut child = self.start(None)?;
        let mut stdin = child.stdin.take();
        let mut first = [0; 1];
        if let Some(stdout) = &mut child.stdout {
            stdout.read_exact(&mut first)?;
        }
        // The script has opened the read end by now; otherwise opening fails.
        let nonblocking = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let end = rustix::fs::open(&pipe, nonblocking, Mode::empty())?;
        rustix::io::ioctl_fionbio(&end, false)?;
        let mut end = fs::File::from(end);
        if let Some(stdin) = &mut stdin {
            stdin.write_all(b"pipe\n")?;
        }
        end.write_all(input)?;
        drop(end);
        let success = child.wait()?.success();
        fs::remove_file(pipe)?;
        Ok(success)
    }

    fn start(&self, killed_at: Option<usize>) -> io::Result<Child> {
        let count = self.at("count");
        let _ = fs::remove_file(&count);
        for program in ["tar", "mv", "rm", "mkdir", "sync", "stat"] {
            let wrapper = format!(
                "#!/bin/sh\nPATH=/usr/bin:/bin\necho >> '{count}'\n\
                 if [ $(wc -l < '{count}') = '{at}' ]; then kill -9 0; fi\nexec {program} \"$@\"\n",
                count = count.display(),
                at = killed_at.map_or_else(|| "never".into(), |at| at.to_string()),
            );
            let path = self.at("bin").join(program);
            fs::write(&path, wrapper)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        let (volume, memory) = (self.at("volume"), self.at("memory"));
        let (volume, memory, pipe) =
            (volume.to_string_lossy(), memory.to_string_lossy(), self.at("pipe"));
        let script = unpack_in(&volume, &memory, &pipe.to_string_lossy());
        Command::new("setsid")
            .args(["--wait", "sh", "-c", &script])
            .env("PATH", format!("{}:/usr/bin:/bin", self.at("bin").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    }

    /// Resets the state, so that the next run is a new helper container.
    fn reset_helper_state(&self) -> io::Result<()> {
        fs::remove_dir_all(self.at("memory"))?;
        fs::create_dir(self.at("memory"))
    }

    /// Returns the number of calls of the last run.
    fn calls(&self) -> usize {
        fs::read_to_string(self.at("count")).map_or(0, |text| text.lines().count())
    }
}

/// Returns the contents of a directory, itself included.
fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(path) = open.pop() {
        let stat = fs::symlink_metadata(&path).expect("it is there");
        let what = match stat.file_type() {
            kind if kind.is_dir() => {
                let entries = fs::read_dir(&path).expect("it is a directory");
                open.extend(entries.map(|entry| entry.expect("it is there").path()));
                // Only the time of the top is restored after the moves.
                match path == root {
                    true => format!("{:o} {}.{}", stat.mode(), stat.mtime(), stat.mtime_nsec()),
                    false => format!("{:o}", stat.mode()),
                }
            }
            kind if kind.is_symlink() => format!("{:?}", fs::read_link(&path).expect("a link")),
            _ => fs::read_to_string(&path).expect("a file"),
        };
        found.insert(path.strip_prefix(root).expect("it is below").to_owned(), what);
    }
    found
}

#[test]
fn killed_restore_is_finished_or_rolled_back() -> io::Result<()> {
    check_finished_or_rolled_back(TestVolume::new)
}

#[test]
fn killed_restore_leaves_an_empty_volume_complete_or_empty() -> io::Result<()> {
    check_finished_or_rolled_back(TestVolume::empty)
}

fn check_finished_or_rolled_back(prepare: fn() -> io::Result<TestVolume>) -> io::Result<()> {
    let (mut taken_back, mut finished) = (0, 0);
    for at in 1.. {
        let place = prepare()?;
        let (old, new) = (tree(&place.at("volume")), tree(&place.at("tree/new")));
        let archive = place.archive(&["complete"])?;
        if place.run(&archive, Some(at))? {
            assert_eq!(tree(&place.at("volume")), new);
            assert!(at > 10, "{at} calls are too few");
            break;
        }
        // The second run is killed at each of its calls as well.
        let mut again = 1;
        while !place.run(b"", Some(again))? {
            assert!(place.calls() > 0, "it fails without being killed after call {at}");
            again += 1;
        }
        let mut found = tree(&place.at("volume"));
        if found == new {
            finished += 1;
            continue;
        }
        let mut old = old;
        // Temporary files have changed the time of the top.
        old.remove(Path::new(""));
        found.remove(Path::new(""));
        assert_eq!(found, old, "killed at call {at}");
        taken_back += 1;
    }
    assert!(taken_back > 2 && finished > 5, "{taken_back} and {finished}");
    Ok(())
}

#[test]
fn incomplete_stream_changes_nothing() -> io::Result<()> {
    let place = TestVolume::new()?;
    let whole = place.archive(&["complete"])?;
    for input in [&place.archive(&[])?[..], &whole[..whole.len() / 2], &whole[..512], b"", b"junk"]
    {
        let old = tree(&place.at("volume"));
        assert!(!place.run(input, None)?);
        assert_eq!(tree(&place.at("volume")), old);
        place.reset_helper_state()?;
    }
    Ok(())
}

#[test]
fn stream_through_a_pipe_behaves_the_same() -> io::Result<()> {
    let place = TestVolume::new()?;
    let whole = place.archive(&["complete"])?;
    for input in [&place.archive(&[])?[..], &whole[..whole.len() / 2], b""] {
        let old = tree(&place.at("volume"));
        assert!(!place.run_with_pipe(input)?);
        assert_eq!(tree(&place.at("volume")), old);
        place.reset_helper_state()?;
    }
    let new = tree(&place.at("tree/new"));
    assert!(place.run_with_pipe(&whole)?);
    assert_eq!(tree(&place.at("volume")), new);
    Ok(())
}

#[test]
fn pipe_without_a_writer_does_not_block() -> io::Result<()> {
    let place = TestVolume::new()?;
    assert!(Command::new("mkfifo").arg(place.at("pipe")).status()?.success());
    let (old, new) = (tree(&place.at("volume")), tree(&place.at("tree/new")));
    // The writer has ended.
    let mut child = place.start(None)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(b"pipe\n")?;
    }
    assert!(!child.wait()?.success());
    assert_eq!(tree(&place.at("volume")), old);
    place.reset_helper_state()?;
    // A client of a remote engine writes to the standard input.
    assert!(place.run(&place.archive(&["complete"])?, None)?);
    assert_eq!(tree(&place.at("volume")), new);
    Ok(())
}

#[test]
fn restarted_helper_without_a_command_does_nothing() -> io::Result<()> {
    let place = TestVolume::new()?;
    let old = tree(&place.at("volume"));
    assert_eq!(place.start(None)?.wait()?.code(), Some(3));
    let mut again = place.start(None)?;
    // The input stays open, as in a container that no client is attached to.
    let input = again.stdin.take();
    let end = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match again.try_wait()? {
            Some(status) => break status,
            None => assert!(Instant::now() < end, "it waits for a client that has ended"),
        }
        thread::sleep(Duration::from_millis(10));
    };
    drop(input);
    assert!(status.success());
    assert_eq!(tree(&place.at("volume")), old);
    Ok(())
}

/// Returns the attributes that a copy has to preserve, as printed by `find`.
fn find_listing(directory: &Path) -> io::Result<String> {
    let mut find = Command::new("find");
    find.args([".", "-printf", "%P %y %#m %n %U:%G %s %T@ %l\n"]).current_dir(directory);
    let text = String::from_utf8_lossy(&find.output()?.stdout).into_owned();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    Ok(lines.join("\n"))
}

/// Creates two volumes; the second is the storage of an inner Docker.
fn source_volumes() -> io::Result<TempDir> {
    let place = TempDir::new()?;
    let fill = "mkdir -p from/0/a from/1/overlay2/diff to/0 to/1 && cd from/0 && echo text > .hidden \
         && ln .hidden a/second && ln -s /nowhere a/dangling && mkfifo a/pipe \
         && truncate -s 10M a/hole && chmod 4711 .hidden && chmod 700 . \
         && mknod ../1/overlay2/diff/gone c 0 0 && touch -d '2001-01-01 00:00:00.5' a";
    let status = Command::new("sh").args(["-c", fill]).current_dir(place.path()).status()?;
    assert!(status.success());
    Ok(place)
}

fn run_copy(place: &TempDir, input: &str) -> io::Result<(Option<i32>, String)> {
    let at = |name: &str| place.path().join(name).display().to_string();
    let mut child = Command::new("sh")
        .args(["-c", &copy_in(&at("from"), &at("to"))])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn copies_match_their_sources() -> io::Result<()> {
    let place = source_volumes()?;
    let (status, printed) = run_copy(&place, "go\n")?;
    assert_eq!(status, Some(0));
    let lines: Vec<_> = printed.lines().collect();
    let numbers = lines[0].split(' ').filter(|word| word.parse::<u64>().is_ok()).count();
    assert_eq!((numbers, &lines[1..]), (3, &["copied", "synced"][..]), "{printed}");
    for volume in ["0", "1"] {
        let at = |side: &str| place.path().join(side).join(volume);
        assert_eq!(find_listing(&at("to"))?, find_listing(&at("from"))?);
    }
    let copy = |path: &str| fs::metadata(place.path().join("to/0").join(path));
    assert_eq!(copy(".hidden")?.ino(), copy("a/second")?.ino());
    assert!(copy("a/hole")?.blocks() < 100);
    Ok(())
}

#[test]
fn nothing_is_copied_without_a_command() -> io::Result<()> {
    let place = source_volumes()?;
    assert_eq!(run_copy(&place, "")?.0, Some(3));
    assert_eq!(fs::read_dir(place.path().join("to/0"))?.count(), 0);
    fs::remove_dir(place.path().join("to/1"))?;
    fs::write(place.path().join("to/1"), "in the way")?;
    assert_eq!(run_copy(&place, "go\n")?.0, Some(4));
    Ok(())
}
