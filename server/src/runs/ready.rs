//! Whether this server is of use: whether all that a run needs answers.

use wire::error::ApiError;

use super::{Runs, check_functions, listing, unavailable};
use crate::pipeline::list::List;

/// A part that a server needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The bucket that is taken where none is named.
    Bucket,
    /// Both functions.
    Functions,
    /// The bucket that runs are stored in.
    Results,
    /// The server itself: it is about to stop, or did not find out in time.
    Server,
}

impl Part {
    /// Its name in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Functions => "functions",
            Self::Results => "results",
            Self::Server => "server",
        }
    }
}

impl Runs {
    /// Asks all that a run would need: two LISTs of one key, and both functions without running them.
    ///
    /// # Errors
    /// The first part that does not answer, and what is wrong with it.
    pub async fn check_ready(&self) -> Result<(), (Part, ApiError)> {
        // The server may have the right to list what is below that prefix alone.
        let (bucket, prefix) = (self.bucket_default.clone(), self.prefix_default.clone());
        let list = List { s3: self.engine.s3.clone(), bucket, prefix };
        list.page(None, None, 1).await.map_err(|error| (Part::Bucket, listing(&error)))?;
        check_functions(&self.engine).await.map_err(|error| (Part::Functions, error))?;
        match &self.store {
            Some(store) => store.check_readable().await.map_err(|error| (Part::Results, unavailable(&error))),
            None => Ok(()),
        }
    }
}
