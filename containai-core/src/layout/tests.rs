//! Tests of the paths.

use super::*;

#[test]
fn each_configuration_has_its_own_socket() {
    let socket = |home: &str, runtime: Option<&str>| {
        let layout = Layout::new(Path::new(home), None, None);
        layout.with_runtime_dir(runtime.map(Path::new)).mux_socket()
    };
    let own = Path::new("/home/me/.config/containai/run/mux.sock");
    assert_eq!(socket("/home/me", None), own);
    assert_eq!(socket("/home/me", Some("relative")), own);
    let (one, other) = ("/home/me", "/home/you");
    let runtime = Some("/run/user/1000");
    assert_ne!(socket(one, runtime), socket(other, runtime));
    let directory = Path::new("/run/user/1000/containai");
    assert_eq!(socket(one, runtime).parent(), Some(directory));
}
