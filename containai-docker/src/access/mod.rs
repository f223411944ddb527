//! How the agent may write in a workspace that the host's root owns.
//!
//! A workspace of an ordinary user is mounted with its owner mapped to the
//! agent, both ways. For root that would let the container make files of the
//! host's root, set-user-id ones included, so root is never mapped. The agent
//! and the container's root then keep their unprivileged ids of the host, and an
//! access control list (acl(5)) on the workspace's files gives those ids what
//! their owner has, now and by default for what is made later.

mod acl;
mod grant;

pub(crate) use grant::{grant, owner};
