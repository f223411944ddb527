//! Uploads to the engine.
//!
//! The engine may answer only when it has read a whole archive, which takes as long as the link
//! needs. The time limit therefore applies to its silence: as long as it takes bytes, or waits for
//! them, an upload continues.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, sleep_until};

/// The time without a sign of the engine after which an upload has failed.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// The time limit of the client library, which would include the upload.
const UNLIMITED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Returns the client for an upload.
pub(crate) fn client(docker: &Docker) -> Docker {
    docker.clone().with_timeout(UNLIMITED)
}

/// Returns the archive as the body of a request, and the watch over it.
pub(crate) fn watch<S>(archive: S) -> (WatchedArchive<S>, UploadWatch)
where
    S: Stream<Item = io::Result<Bytes>> + Send + 'static,
{
    watch_within(SILENCE_LIMIT, archive)
}

fn watch_within<S>(limit: Duration, archive: S) -> (WatchedArchive<S>, UploadWatch) {
    let state = Arc::new(Mutex::new(UploadState::Sent(Instant::now())));
    let archive = WatchedArchive { archive: Box::pin(archive), state: Arc::clone(&state) };
    (archive, UploadWatch { state, limit })
}

/// The side that the other one waits for.
#[derive(Clone, Copy, Debug)]
enum UploadState {
    /// The engine has asked for a part of the archive that does not exist yet.
    Asked,
    /// The engine has got everything that it asked for, since this time.
    Sent(Instant),
}

/// An archive that records when the engine asks for its parts.
pub(crate) struct WatchedArchive<S> {
    archive: Pin<Box<S>>,
    state: Arc<Mutex<UploadState>>,
}

impl<S: Stream<Item = io::Result<Bytes>>> Stream for WatchedArchive<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = self.archive.as_mut().poll_next(context);
        let state = match part {
            Poll::Pending => UploadState::Asked,
            Poll::Ready(_) => UploadState::Sent(Instant::now()),
        };
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        part
    }
}

/// The watch over an upload.
#[derive(Debug)]
pub(crate) struct UploadWatch {
    state: Arc<Mutex<UploadState>>,
    limit: Duration,
}

impl UploadWatch {
    /// Waits for the first answer to an upload.
    ///
    /// # Errors
    ///
    /// Those of the answer, and [`Error::RequestTimeoutError`] if the engine neither reads nor answers
    /// for two minutes.
    pub(crate) async fn guard<T>(
        self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut answer = pin!(answer);
        loop {
            let deadline = self.deadline();
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                () = sleep_until(deadline) => {
                    if self.deadline() <= Instant::now() {
                        return Err(Error::RequestTimeoutError);
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Instant {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            UploadState::Asked => Instant::now() + self.limit,
            UploadState::Sent(time) => time + self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::{StreamExt as _, stream};
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(400);
    /// Shorter than the limit; ten times are longer.
    const SLOW: Duration = Duration::from_millis(100);

    /// An archive of ten parts that the host needs so long for each.
    fn archive(delay: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::iter(0..10).then(move |_| async move {
            sleep(delay).await;
            Ok(Bytes::from_static(b"x"))
        })
    }

    /// Uploads an archive to an engine that needs so long for each part, and that answers after this
    /// number of them.
    async fn upload(host: Duration, engine: Duration, parts: usize) -> Result<usize, Error> {
        let (mut body, watch) = watch_within(LIMIT, archive(host));
        let answer = async {
            let mut read = 0;
            while let Some(Ok(_)) = body.next().await {
                sleep(engine).await;
                read += 1;
                if read == parts {
                    return Ok(read);
                }
            }
            pending().await
        };
        watch.guard(answer).await
    }

    #[tokio::test]
    async fn an_upload_may_take_long_and_the_engine_may_not_be_silent() {
        let none = Duration::ZERO;
        assert!(matches!(upload(none, SLOW, 10).await, Ok(10)), "a slow link");
        assert!(matches!(upload(SLOW, none, 10).await, Ok(10)), "a slow host");
        assert!(matches!(upload(2 * LIMIT, none, 1).await, Ok(1)), "a very slow host");
        for (what, silent) in [
            ("reads nothing", upload(none, 3 * LIMIT, 10).await),
            ("does not answer", upload(none, none, 11).await),
        ] {
            assert!(matches!(silent, Err(Error::RequestTimeoutError)), "{what}: {silent:?}");
        }
    }
}
