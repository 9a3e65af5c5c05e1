//! A deflate stream in, the outcome of flate2 (zlib-rs) out.

use flate2::{Decompress, FlushDecompress, Status};

use crate::TEXT_BYTES_MAX;

/// The outcome of flate2 for a deflate stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inflated {
    /// It ends within the bytes.
    Ended {
        /// Its text.
        text: Vec<u8>,
        /// Bytes of it.
        stream_bytes: usize,
    },
    /// It does not end within the bytes.
    Starved {
        /// The text decoded so far.
        text: Vec<u8>,
    },
    /// No stream can be this.
    Refused,
    /// It holds more than an input may.
    TooLong,
}

/// Inflates the stream that these bytes begin with.
pub(super) fn inflate(stream: &[u8]) -> Inflated {
    let mut inflater = Decompress::new(false);
    let mut text = Vec::new();
    loop {
        text.reserve((stream.len() * 4).max(1024));
        let read = inflater.total_in() as usize;
        let status = inflater.decompress_vec(&stream[read..], &mut text, FlushDecompress::None);
        let stream_bytes = inflater.total_in() as usize;
        match status {
            Err(_) => return Inflated::Refused,
            Ok(_) if text.len() > TEXT_BYTES_MAX => return Inflated::TooLong,
            Ok(Status::StreamEnd) => return Inflated::Ended { text, stream_bytes },
            Ok(Status::Ok | Status::BufError) => {
                if stream_bytes == stream.len() && text.len() < text.capacity() {
                    return Inflated::Starved { text };
                }
            }
        }
    }
}
