//! Why an object has no tally.

use thiserror::Error;
use wire::row::Reason;

/// A defect of an object, by what the caller does next: reading again mends none of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CountError {
    /// A checksum, a length or the format itself is damaged.
    #[error("corrupt {0}")]
    Corrupt(String),
    /// It ends in the middle of its format.
    #[error("truncated {0}")]
    Truncated(String),
    /// Decoding it would take more than a stated bound.
    #[error("too large: {0}")]
    TooLarge(String),
    /// Its format leaves out what is needed to decode it, or uses a feature that no decoder here has.
    #[error("unsupported {0}")]
    Unsupported(String),
}

impl CountError {
    /// The reason that the object's row carries.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Corrupt(_) | Self::Unsupported(_) => Reason::Corrupt,
            Self::Truncated(_) => Reason::Truncated,
            Self::TooLarge(_) => Reason::TooLarge,
        }
    }
}
