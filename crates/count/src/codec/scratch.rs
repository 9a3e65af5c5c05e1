//! The buffer of decoded bytes that are not counted yet, lent by the caller: a waiting object holds none.

/// Bytes that are decoded before they are counted, with those in front that may be copied from, in one buffer that is
/// used over and over.
pub const DECODED_BYTES: usize = 160 * 1024;

/// A buffer of [`DECODED_BYTES`] for decoded bytes: one for each thread that counts, for all of its objects.
///
/// It holds nothing of an object between two calls. The buffer is allocated when the first object needs it; plain
/// bytes and lz4 never do.
#[derive(Debug, Default)]
pub struct Scratch {
    decoded: Vec<u8>,
}

impl Scratch {
    /// The whole buffer.
    pub(crate) fn decoded(&mut self) -> &mut [u8; DECODED_BYTES] {
        self.decoded.resize(DECODED_BYTES, 0);
        self.decoded.as_mut_array().expect("it was resized to that")
    }
}
