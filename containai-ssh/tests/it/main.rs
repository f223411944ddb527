//! Tests against a real `sshd` on the loopback interface, as the user who runs
//! the tests. They fail without an installed OpenSSH server.

mod agent;
mod child;
mod exec;
mod files;
mod forward;
mod host;
mod hostile;
mod hostile_flow;
mod hostile_handshake;
mod mux;
mod mux_failures;
mod mux_prefetch;
mod openssh;
mod pty;
mod signals;
mod sshd;
mod terminal;
mod transfer;
mod trust;
mod vectors;
