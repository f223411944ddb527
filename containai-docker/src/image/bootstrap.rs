//! A base image that mmdebstrap(1) creates from the distribution's package mirror.

use std::fs;
use std::io::{self, ErrorKind};
use std::process::Stdio;

use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::lifecycle::{Event, EventListener};
use futures_util::{Stream, TryStreamExt as _, stream};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::log_tail::LogTail;
use super::os_release::{OsRelease, mirror};
use crate::engine::DockerEngine;
use crate::upload;

/// The package that apt in the Dockerfile requires.
const INCLUDE: &str = "--include=ca-certificates";
/// Number of bytes sent to the engine at a time.
const CHUNK_SIZE: usize = 256 * 1024;
/// The prefix of mmdebstrap's messages about its stages.
const INFO_PREFIX: &str = "I: ";

/// Returns the reference of the base image, creating the image if the store does not have it. The
/// inner error is the reason why mmdebstrap cannot be used.
pub(crate) async fn ensure_base(
    engine: &DockerEngine,
    events: &dyn EventListener,
) -> Result<Result<String, String>, EngineError> {
    let system = OsRelease::parse(&read_or_empty("/etc/os-release"));
    if !matches!(system.id.as_str(), "debian" | "ubuntu") || system.codename.is_empty() {
        return Ok(Err(format!("`{}` has no package mirror for mmdebstrap", system.id)));
    }
    let reference = format!("containai/bootstrap:{}", system.codename);
    if engine.docker().inspect_image(&reference).await.is_ok() {
        return Ok(Ok(reference));
    }
    events.on_event(Event::Stage(&format!("bootstrapping {} with mmdebstrap", system.codename)));
    match import(engine, &system, events).await? {
        Ok(id) => tag(engine, &id, &reference).await.map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Runs mmdebstrap and streams its archive to the engine. The image is tagged after both have
/// succeeded.
async fn import(
    engine: &DockerEngine,
    system: &OsRelease,
    events: &dyn EventListener,
) -> Result<Result<String, String>, EngineError> {
    let mut group = match spawn(system) {
        Ok(group) => group,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Set-up is the only part that installs packages; it asks first, and runs as root.
            let reason = "`mmdebstrap` is not installed: run `cai setup`, or install its package";
            return Ok(Err(reason.into()));
        }
        Err(error) => return Ok(Err(format!("cannot run `mmdebstrap`: {error}"))),
    };
    let child = &mut group.0;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Ok(Err("`mmdebstrap` has no output".into()));
    };
    let (imported, tail) = futures_util::future::join(
        upload(engine, stdout),
        report_stderr(stderr, &system.codename, events),
    )
    .await;
    let status = child.wait().await;
    match status {
        Ok(status) if status.success() => imported.map(Ok),
        Ok(status) => {
            let lines = tail.into_lines().join("; ");
            Ok(Err(format!("`mmdebstrap` failed ({status}): {lines}")))
        }
        Err(error) => Ok(Err(format!("cannot wait for `mmdebstrap`: {error}"))),
    }
}

fn spawn(system: &OsRelease) -> io::Result<ProcessGroup> {
    let mut command = Command::new("mmdebstrap");
    command.args(["--variant=minbase", INCLUDE, &system.codename, "-"]);
    command.args(mirror(&apt_sources(), &system.codename));
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
    // `/tmp` is often in memory, and without device nodes.
    command.env("TMPDIR", "/var/tmp");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // On an error it sends SIGHUP to its process group, which would interrupt this program.
    command.process_group(0);
    command.spawn().map(ProcessGroup)
}

/// A process group that is asked to end when it is dropped before its leader has exited. mmdebstrap
/// then unmounts and removes its temporary directory.
struct ProcessGroup(Child);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        let leader = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(leader) = leader {
            // It may have exited meanwhile.
            let _ = kill_process_group(leader, Signal::TERM);
        }
    }
}

async fn upload(engine: &DockerEngine, archive: ChildStdout) -> Result<String, EngineError> {
    let options = CreateImageOptionsBuilder::default().from_src("-").build();
    // mmdebstrap finishes the archive after downloading and installing all packages.
    let (archive, watch) = upload::watch(chunks(archive));
    let body = bollard::body_try_stream(archive);
    let docker = upload::client(engine.docker());
    let mut stream = std::pin::pin!(docker.create_image(Some(options), Some(body), None));
    let mut id = String::new();
    let mut answer = watch.guard(stream.try_next()).await;
    while let Some(info) = answer.map_err(|error| engine.map_error(error))? {
        answer = stream.try_next().await;
        if let Some(status) = info.status.filter(|status| status.starts_with("sha256:")) {
            id = status;
        }
    }
    Ok(id)
}

fn chunks(source: ChildStdout) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(source, |mut source| async move {
        let mut chunk = Vec::with_capacity(CHUNK_SIZE);
        while chunk.len() < CHUNK_SIZE && source.read_buf(&mut chunk).await? > 0 {}
        Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), source)))
    })
}

async fn report_stderr(stderr: ChildStderr, codename: &str, events: &dyn EventListener) -> LogTail {
    let mut lines = BufReader::new(stderr).lines();
    let mut tail = LogTail::default();
    while let Ok(Some(line)) = lines.next_line().await {
        for line in tail.push(&format!("{line}\n")) {
            match line.strip_prefix(INFO_PREFIX) {
                Some(message) => events.on_event(Event::Stage(&format!("{codename}: {message}"))),
                None => events.on_event(Event::Output(&line)),
            }
        }
    }
    tail
}

async fn tag(engine: &DockerEngine, id: &str, reference: &str) -> Result<String, EngineError> {
    let (repository, tag) = super::reference::split(reference);
    let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
    let tagged = engine.docker().tag_image(id, Some(options)).await;
    tagged.map_err(|error| engine.map_error(error))?;
    Ok(reference.to_owned())
}

fn apt_sources() -> String {
    let mut text = read_or_empty("/etc/apt/sources.list");
    let directory = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    for file in directory {
        text.push_str("\n\n");
        text.push_str(&read_or_empty(&file.path().to_string_lossy()));
    }
    text
}

/// Reads a file; an unreadable one is empty.
fn read_or_empty(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
