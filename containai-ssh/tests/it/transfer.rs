//! Copies of files and trees in both directions.

use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use containai_ssh::Session;
use containai_ssh::transfer::{Copier, CopyReport, TransferError, TransferProgress};

use crate::sshd::Sshd;

/// A server, a session, and a directory for each side.
struct BothSides {
    sshd: Sshd,
    session: Session,
    here: PathBuf,
    there: PathBuf,
    progress: Arc<TransferProgress>,
}

impl BothSides {
    async fn new() -> Result<Self> {
        let sshd = Sshd::start().await?;
        let session = sshd.session().await?;
        let dir = fs::canonicalize(sshd.dir.path())?;
        let (here, there) = (dir.join("here"), dir.join("-there with a ' quote"));
        fs::create_dir(&here)?;
        fs::create_dir(&there)?;
        Ok(Self { sshd, session, here, there, progress: Arc::default() })
    }

    fn copier(&self) -> Copier<'_> {
        Copier::new(&self.session).in_dir(&self.there).with_progress(Arc::clone(&self.progress))
    }

    async fn upload(&self, sources: &[&str], target: &str) -> Result<CopyReport, TransferError> {
        let sources: Vec<_> = sources.iter().map(|it| self.at(it)).collect();
        self.copier().upload(&sources, target.as_ref()).await
    }

    async fn download(&self, sources: &[&str], target: &str) -> Result<CopyReport, TransferError> {
        let sources: Vec<_> = sources.iter().map(OsString::from).collect();
        self.copier().download(&sources, &self.at(target)).await
    }

    /// Joined as text, because a trailing slash is significant.
    fn at(&self, path: &str) -> PathBuf {
        format!("{}/{path}", self.here.display()).into()
    }

    /// Returns the partial file in a directory.
    fn partial_file(dir: &Path) -> Option<PathBuf> {
        let mut paths = fs::read_dir(dir).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        paths.find(|path| path.extension().is_some_and(|it| it == "part"))
    }
}

#[track_caller]
fn assert_complete(report: &CopyReport) {
    assert!(report.is_complete(), "{:?}", report.failures());
}

fn failures(report: &CopyReport) -> String {
    report.failures().iter().map(|failure| format!("{failure}\n")).collect()
}

/// Returns bytes without a period that could hide a lost block.
fn pseudo_random_bytes(length: u32) -> Vec<u8> {
    (0..length / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn make_tree(root: &Path) -> Result<()> {
    fs::create_dir_all(root.join("deep/er"))?;
    for name in ["plain", "-rf", "a\nb", "ümlaut \u{1f980}", " ", "it's", "\\", "*"] {
        fs::write(root.join("deep").join(name), name)?;
    }
    fs::write(root.join("deep/er").join("n".repeat(255)), pseudo_random_bytes(1 << 20))?;
    fs::write(root.join("run"), "#!/bin/sh\n")?;
    fs::set_permissions(root.join("run"), Permissions::from_mode(0o751))?;
    fs::set_permissions(root.join("deep/plain"), Permissions::from_mode(0o400))?;
    let old = SystemTime::UNIX_EPOCH + Duration::new(981_173_106, 123_456_789);
    File::open(root.join("deep/plain"))?.set_times(FileTimes::new().set_modified(old))?;
    symlink("deep/plain", root.join("link"))?;
    symlink("/nowhere at all", root.join("broken"))?;
    fs::hard_link(root.join("run"), root.join("same"))?;
    fs::create_dir(root.join("empty"))?;
    fs::set_permissions(root.join("empty"), Permissions::from_mode(0o700))?;
    File::open(root.join("empty"))?.set_times(FileTimes::new().set_modified(old))?;
    Ok(())
}

/// Returns everything that a copy keeps of a tree, one line each.
fn tree_listing(root: &Path) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let stat = fs::symlink_metadata(&path)?;
        let name = path.strip_prefix(root)?;
        let (mode, time) = (stat.mode(), stat.modified()?);
        let content = match stat.file_type() {
            kind if kind.is_symlink() => fs::read_link(&path)?.display().to_string(),
            kind if kind.is_dir() => {
                for entry in fs::read_dir(&path)? {
                    left.push(entry?.path());
                }
                String::new()
            }
            _ => {
                let mut hash = DefaultHasher::new();
                fs::read(&path)?.hash(&mut hash);
                format!("{:x}", hash.finish())
            }
        };
        lines.push(format!("{name:?} {mode:o} {time:?} {content}"));
    }
    lines.sort();
    Ok(lines)
}

#[tokio::test]
async fn trees_round_trip() -> Result<()> {
    let sides = BothSides::new().await?;
    make_tree(&sides.here.join("tree"))?;
    assert_complete(&sides.upload(&["tree"], "").await?);
    assert_eq!(tree_listing(&sides.there.join("tree"))?, tree_listing(&sides.here.join("tree"))?);
    assert_complete(&sides.download(&["tree"], "back").await?);
    assert_eq!(tree_listing(&sides.here.join("back"))?, tree_listing(&sides.here.join("tree"))?);
    assert_complete(&sides.download(&["tree/"], "new/").await?);
    assert_eq!(tree_listing(&sides.here.join("new"))?, tree_listing(&sides.here.join("tree"))?);
    // Copied onto itself, which changes only the times of directories.
    assert_complete(&sides.upload(&["tree/."], "tree").await?);
    assert_complete(&sides.download(&["tree/."], "back").await?);
    assert_eq!(
        tree_listing(&sides.here.join("back"))?.len(),
        tree_listing(&sides.here.join("tree"))?.len()
    );
    assert!(sides.progress.read().files > 30);
    Ok(())
}

#[tokio::test]
async fn destinations_follow_cp() -> Result<()> {
    let sides = BothSides::new().await?;
    fs::write(sides.here.join("a"), "a")?;
    fs::write(sides.here.join("b"), "b")?;
    fs::create_dir(sides.there.join("dir"))?;
    symlink("a", sides.here.join("link"))?;
    assert_complete(&sides.upload(&["a", "b", "link"], "dir").await?);
    assert_complete(&sides.upload(&["a"], "new").await?);
    assert_complete(&sides.upload(&["b"], "new").await?);
    assert_eq!(fs::read_to_string(sides.there.join("new"))?, "b");
    assert_eq!(fs::read_link(sides.there.join("dir/link"))?, Path::new("a"));
    assert_complete(&sides.download(&["dir/a", "dir/link"], "").await?);
    assert_complete(&sides.download(&["dir/b"], "c").await?);
    assert_eq!(fs::read_to_string(sides.here.join("c"))?, "b");
    for (outcome, expected) in [
        (sides.upload(&["a"], "missing/").await?, "`missing/` is not a directory\n"),
        (
            sides.upload(&["a", "b"], "new").await?,
            "`new` is not a directory\n`new` is not a directory\n",
        ),
        (sides.download(&["dir"], "a").await?, "HERE/a` is not a directory\n"),
        (sides.download(&["new/."], "x").await?, "new/': Not a directory\n"),
        (sides.download(&["~"], "x").await?, "`~` has no name for its copy\n"),
    ] {
        let said = failures(&outcome).replace(&sides.here.display().to_string(), "HERE");
        assert!(said.ends_with(expected), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn failures_are_listed_and_the_rest_is_copied() -> Result<()> {
    let sides = BothSides::new().await?;
    fs::create_dir(sides.here.join("tree"))?;
    fs::write(sides.here.join("tree/a"), "a")?;
    fs::write(sides.here.join("tree/z"), "z")?;
    std::process::Command::new("mkfifo").arg(sides.here.join("tree/pipe")).status()?;
    let report = sides.upload(&["nothing", "tree"], "").await?;
    let said = failures(&report);
    assert!(said.contains("nothing`: no such file or directory\n"), "{said}");
    assert!(said.ends_with("`pipe`: it is not a file, directory or link\n"), "{said}");
    assert_eq!(tree_listing(&sides.there.join("tree"))?.len(), 3);
    std::process::Command::new("mkfifo").arg(sides.there.join("tree/pipe")).status()?;
    fs::create_dir_all(sides.here.join("to/tree/a"))?;
    let report = sides.download(&["none", "tree", "tree/pipe"], "to").await?;
    let said = failures(&report);
    assert!(said.contains("cannot copy `none`: stat: "), "{said}");
    assert!(said.contains("`a`: Is a directory"), "{said}");
    assert!(said.contains("`pipe`: it is a named pipe"), "{said}");
    assert!(said.contains("`tree/pipe` is not a file"), "{said}");
    assert_eq!(fs::read_to_string(sides.here.join("to/tree/z"))?, "z");
    Ok(())
}

#[tokio::test]
async fn an_interrupted_copy_is_resumed() -> Result<()> {
    let sides = BothSides::new().await?;
    let content = pseudo_random_bytes(8 << 20);
    fs::write(sides.here.join("big"), &content)?;
    // An aborted copy leaves a partial file with this name.
    fs::set_permissions(sides.here.join("big"), Permissions::from_mode(0o640))?;
    let name = interrupted(&sides).await?;
    for (part, kept) in [
        (content[..5 << 20].to_vec(), 5 << 20),
        (content.clone(), 8 << 20),
        (vec![7; 5 << 20], 0),
        ([content.clone(), vec![1]].concat(), 0),
        (Vec::new(), 0),
    ] {
        for up in [true, false] {
            let (dir, target) = if up { (&sides.there, "big") } else { (&sides.here, "back") };
            let part_path = if up { dir.join(&name) } else { dir.join(partial_name("back")) };
            fs::write(&part_path, &part)?;
            let progress = Arc::new(TransferProgress::default());
            let copier =
                Copier::new(&sides.session).in_dir(&sides.there).with_progress(progress.clone());
            let report = match up {
                true => copier.upload(&[sides.at("big")], "".as_ref()).await?,
                false => copier.download(&["big".into()], &sides.at("back")).await?,
            };
            assert_complete(&report);
            assert!(fs::read(dir.join(target))? == content, "{up} {kept}");
            assert_eq!(fs::metadata(dir.join(target))?.mode() & 0o777, 0o640);
            assert_eq!(BothSides::partial_file(dir), None, "{up} {kept}");
            assert_eq!(progress.read().bytes, 8 << 20);
        }
    }
    Ok(())
}

/// Returns the name of a partial file in the container, from an aborted copy.
async fn interrupted(sides: &BothSides) -> Result<String> {
    let sources = [sides.at("big")];
    let copier = sides.copier();
    let copying = copier.upload(&sources, "".as_ref());
    let _ = tokio::time::timeout(Duration::from_millis(25), copying).await;
    fs::remove_file(sides.there.join("big")).ok();
    if let Some(part) = BothSides::partial_file(&sides.there) {
        assert_eq!(part.file_name(), Some(partial_name("big").as_ref()));
        assert_eq!(fs::metadata(&part)?.mode() & 0o777, 0o600);
    }
    Ok(partial_name("big"))
}

/// Returns `.cai-….part` by means of sha256sum(1).
fn partial_name(name: &str) -> String {
    let hash = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" | sha256sum | cut -c 1-16", "sh", name])
        .output()
        .expect("coreutils are installed");
    format!(".cai-{}.part", String::from_utf8_lossy(&hash.stdout).trim())
}

#[tokio::test]
async fn sparse_files_stay_sparse() -> Result<()> {
    let sides = BothSides::new().await?;
    let file = File::create(sides.here.join("sparse"))?;
    file.set_len(64 << 20)?;
    std::os::unix::fs::FileExt::write_all_at(&file, b"x", 33 << 20)?;
    assert_complete(&sides.upload(&["sparse"], "").await?);
    assert_complete(&sides.download(&["sparse"], "back").await?);
    for copy in [sides.there.join("sparse"), sides.here.join("back")] {
        let stat = fs::metadata(&copy)?;
        assert_eq!(stat.len(), 64 << 20);
        assert!(stat.blocks() * 512 < 4 << 20, "{} blocks", stat.blocks());
        assert_eq!(fs::read(&copy)?[33 << 20], b'x');
    }
    Ok(())
}

#[tokio::test]
async fn untrusted_links_are_not_followed() -> Result<()> {
    let sides = BothSides::new().await?;
    let (workspace, outside) = (sides.at("ws"), sides.at("outside"));
    fs::create_dir(&workspace)?;
    fs::create_dir(&outside)?;
    fs::write(outside.join("secret"), "mine")?;
    symlink("../outside", workspace.join("way"))?;
    fs::write(sides.there.join("secret"), "theirs")?;
    let copier = sides.copier().with_untrusted_dir(&workspace);
    for target in ["ws/way", "ws/way/", "ws/way/secret"] {
        let error = copier.download(&["secret".into()], &sides.at(target)).await.unwrap_err();
        assert!(matches!(error, TransferError::UntrustedLink { .. }), "{target}: {error}");
    }
    let report = copier.upload(&[sides.at("ws/way/secret")], "stolen".as_ref()).await?;
    assert!(failures(&report).contains("the container may have created"));
    assert_complete(&copier.upload(&[sides.at("ws/way")], "way".as_ref()).await?);
    assert!(!sides.there.join("stolen").exists());
    assert_eq!(fs::read_link(sides.there.join("way"))?, Path::new("../outside"));
    assert_eq!(fs::read_to_string(outside.join("secret"))?, "mine");
    assert!(sides.sshd.home().exists());
    Ok(())
}
