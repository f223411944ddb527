//! The settings of a helper container, and the request that creates it.

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
};
use containai_core::engine::Isolation;
use containai_core::label::Labels;

/// The settings of a helper container.
#[derive(Clone, Debug)]
pub(crate) struct HelperSpec {
    image: String,
    labels: Labels,
    mounts: Vec<Mount>,
    binds: Vec<String>,
    program: HelperProgram,
    user: String,
    env: Vec<String>,
}

/// The program of a helper container. One that is started has the isolation of the containers that
/// mount the same files, so that owners match and root is not root of the host.
#[derive(Clone, Debug)]
pub(crate) enum HelperProgram {
    /// That of the image. The helper is committed and never started.
    OfImage,
    /// None. The helper is never started.
    None,
    /// A shell script, and its arguments.
    Script(Isolation, Vec<String>),
    /// A program, and its arguments.
    Command(Isolation, &'static str, Vec<String>),
}

impl HelperProgram {
    fn isolation(&self) -> Option<Isolation> {
        match self {
            Self::OfImage | Self::None => None,
            Self::Script(isolation, _) | Self::Command(isolation, ..) => Some(*isolation),
        }
    }
}

impl HelperSpec {
    /// Returns a helper that is never started, from an image in the store. The labels name its
    /// operation.
    pub(crate) fn new(image: &str, labels: Labels) -> Self {
        Self {
            image: image.to_owned(),
            labels,
            mounts: Vec::new(),
            binds: Vec::new(),
            program: HelperProgram::OfImage,
            user: "0:0".to_owned(),
            env: vec!["LC_ALL=C".to_owned()],
        }
    }

    /// Adds mounts.
    pub(crate) fn with_mounts(mut self, mounts: impl IntoIterator<Item = Mount>) -> Self {
        self.mounts.extend(mounts);
        self
    }

    /// Adds a bind of Docker's syntax. Unlike a mount, its source may be missing when the engine
    /// starts the helper again.
    pub(crate) fn with_bind(mut self, bind: String) -> Self {
        self.binds.push(bind);
        self
    }

    /// Sets the program. Default: that of the image.
    pub(crate) fn with_program(mut self, program: HelperProgram) -> Self {
        self.program = program;
        self
    }

    /// Sets the user that runs the program, and adds variables. Default: root.
    pub(crate) fn with_user(mut self, user: &str, env: impl IntoIterator<Item = String>) -> Self {
        user.clone_into(&mut self.user);
        self.env.extend(env);
        self
    }

    /// Returns the body of the request that creates the helper.
    pub(crate) fn into_body(self) -> ContainerCreateBody {
        let isolation = self.program.isolation();
        let body = ContainerCreateBody {
            image: Some(self.image),
            labels: Some(self.labels.into_map()),
            host_config: Some(HostConfig {
                runtime: isolation.map(|isolation| isolation.runtime().into()),
                cgroupns_mode: match isolation {
                    Some(Isolation::Userns) => Some(HostConfigCgroupnsModeEnum::PRIVATE),
                    Some(Isolation::Sysbox) | None => None,
                },
                network_mode: Some("none".into()),
                // The streams may contain secrets, so they are not logged.
                log_config: Some(HostConfigLogConfig {
                    typ: Some("none".into()),
                    ..Default::default()
                }),
                mounts: Some(self.mounts),
                binds: (!self.binds.is_empty()).then_some(self.binds),
                ..Default::default()
            }),
            ..Default::default()
        };
        let (entrypoint, cmd) = match self.program {
            HelperProgram::OfImage => return body,
            HelperProgram::None => (vec!["/bin/false".to_owned()], Vec::new()),
            HelperProgram::Script(_, words) => (vec!["/bin/sh".to_owned(), "-c".to_owned()], words),
            HelperProgram::Command(_, program, words) => (vec![program.to_owned()], words),
        };
        ContainerCreateBody {
            entrypoint: Some(entrypoint),
            cmd: Some(cmd),
            env: Some(self.env),
            user: Some(self.user),
            working_dir: Some("/".into()),
            // The image's stop signal is for systemd, which does not run here.
            stop_signal: Some("SIGKILL".into()),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            open_stdin: Some(true),
            // Its input ends when the client disconnects.
            stdin_once: Some(true),
            ..body
        }
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::MountType;
    use containai_core::label;
    use containai_core::naming::{VolumeName, WorkspacePath};

    use super::super::volume_mount::{NewVolume, data_volume_mount};
    use super::*;

    fn check(program: HelperProgram, runtime: Option<&str>) {
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let volume = VolumeName::data(&workspace);
        let labels = Labels::for_helper().with(label::FILLS, volume.as_ref());
        let mount = data_volume_mount(&volume, &workspace, None, NewVolume::Empty);
        let spec =
            HelperSpec::new("containai/base:1", labels).with_mounts([mount]).with_program(program);
        let body = spec.into_body();
        let labels: Labels = body.labels.unwrap_or_default().into_iter().collect();
        assert_eq!(labels.filled_volume(), Some(volume));
        assert_eq!((labels.workspace(), labels.is_helper()), (None, true));
        let host = body.host_config.expect("a host configuration");
        let mounts = host.mounts.unwrap_or_default();
        let seen: Vec<_> =
            mounts.iter().map(|mount| (&mount.typ, mount.target.as_deref())).collect();
        assert_eq!(seen, [(&Some(MountType::VOLUME), Some("/mnt/agent-data"))]);
        assert_eq!((host.binds, host.privileged, host.cap_add), (None, None, None));
        assert_eq!(host.network_mode.as_deref(), Some("none"));
        assert_eq!(host.log_config.and_then(|log| log.typ).as_deref(), Some("none"));
        assert_eq!(host.runtime.as_deref(), runtime);
    }

    #[test]
    fn helper_sees_only_its_mounts() {
        check(HelperProgram::OfImage, None);
        check(HelperProgram::None, None);
        let script = HelperProgram::Script(Isolation::Userns, vec!["true".into()]);
        check(script, Some("containai-runc"));
        let command = HelperProgram::Command(Isolation::Userns, "/bin/true", Vec::new());
        check(command, Some("containai-runc"));
    }
}
