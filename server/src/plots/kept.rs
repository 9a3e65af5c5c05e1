//! Pictures that were drawn: those of ended runs are cached, and those under way are shared.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use wire::error::ApiError;

use super::Kind;

/// Bytes of pictures of ended runs in the cache; the last asked for stay longest.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The identity of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) version: String,
    pub(super) kind: Kind,
    pub(super) view: String,
}

type Draw = BoxFuture<'static, Result<Bytes, ApiError>>;
type Drawing = Shared<Draw>;

/// Pictures of ended runs.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<VecDeque<(Name, Bytes)>>);

/// Pictures that are being drawn. A drawing lasts as long as somebody waits for it.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<Vec<(Name, WeakShared<Draw>)>>);

impl Kept {
    pub(super) fn get(&self, name: &Name) -> Option<Bytes> {
        let mut kept = self.lock();
        let at = kept.iter().position(|(known, _)| known == name)?;
        let found = kept.remove(at)?;
        let picture = found.1.clone();
        kept.push_back(found);
        Some(picture)
    }

    pub(super) fn put(&self, name: Name, picture: Bytes) {
        let mut kept = self.lock();
        kept.push_back((name, picture));
        let mut bytes: usize = kept.iter().map(|(_, picture)| picture.len()).sum();
        while bytes > KEPT_BYTES_MAX {
            bytes -= kept.pop_front().map_or(bytes, |(_, picture)| picture.len());
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Name, Bytes)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// The drawing of this name that others wait for, or else this one.
    pub(super) fn join(&self, name: Name, draw: Draw) -> Drawing {
        let mut drawings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawings.retain(|(_, drawing)| drawing.upgrade().is_some());
        let known = drawings.iter().find(|(known, _)| *known == name);
        if let Some(drawing) = known.and_then(|(_, drawing)| drawing.upgrade()) {
            return drawing;
        }
        let drawing = draw.shared();
        drawings.extend(drawing.downgrade().map(|weak| (name, weak)));
        drawing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn name(view: &str) -> Name {
        Name { version: "1".to_owned(), kind: Kind::Png, view: view.to_owned() }
    }

    #[tokio::test]
    async fn who_asks_for_the_same_shares_one_drawing_and_nobody_s_is_given_up() {
        let (under_way, drawn) = (UnderWay::default(), Arc::new(AtomicUsize::new(0)));
        let draw = || {
            let drawn = Arc::clone(&drawn);
            async move {
                drawn.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(Bytes::from_static(b"picture"))
            }
            .boxed()
        };
        let (one, same) = (under_way.join(name("a"), draw()), under_way.join(name("a"), draw()));
        let left = under_way.join(name("b"), draw());
        drop(left);
        let (one, same) = tokio::join!(one, same);
        assert_eq!((one, drawn.load(Ordering::SeqCst)), (same, 1));
        assert_eq!(under_way.join(name("b"), draw()).await.unwrap(), "picture");
        assert_eq!(drawn.load(Ordering::SeqCst), 2);
    }
}
