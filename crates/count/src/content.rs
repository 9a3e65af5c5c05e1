//! The kind of an object's first decoded bytes, where they are not text: for a warning, never for a count.
//!
//! The bytes are judged once [`BLOCK_BYTES`] of them are there, or all of them, so that the outcome does not depend on
//! the pieces and steps in which they come.

mod binary;
mod encoding;
mod mark;
mod name;

pub(crate) use binary::Binary;
pub(crate) use name::Name;

/// Decoded bytes that are judged: as many as git looks at.
pub(crate) const BLOCK_BYTES: usize = 8_000;

/// The kind of bytes that are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Compressed, in the format of this name.
    Compressed(&'static str),
    /// In another format, named with its article.
    Format(&'static str),
    /// Text in an encoding whose characters have several bytes each.
    Encoding(&'static str),
    /// Of no known format.
    Binary(Binary),
}

/// The beginning of an object's decoded bytes, as far as it is judged.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// Fewer bytes than are judged.
    Held(Vec<u8>),
    /// Their kind; `None` for text.
    Judged(Option<Content>),
}

impl Content {
    /// The kind of this block, `None` for text.
    fn of(block: &[u8]) -> Option<Self> {
        let binary = Binary::of(block);
        mark::of(block, binary)
            .or_else(|| encoding::of(block).map(Self::Encoding))
            .or(binary.map(Self::Binary))
    }
}

impl Default for Beginning {
    fn default() -> Self {
        Self::Held(Vec::new())
    }
}

impl Beginning {
    /// Takes the decoded bytes that come next.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let Self::Held(held) = self else { return };
        if held.is_empty() && bytes.len() >= BLOCK_BYTES {
            *self = Self::Judged(Content::of(&bytes[..BLOCK_BYTES]));
            return;
        }
        held.extend_from_slice(&bytes[..bytes.len().min(BLOCK_BYTES - held.len())]);
        if held.len() == BLOCK_BYTES {
            *self = Self::Judged(Content::of(held));
        }
    }

    /// The kind of the bytes, where no more come; `None` for text.
    pub(crate) fn content(&self) -> Option<Content> {
        match self {
            Self::Held(held) => Content::of(held),
            Self::Judged(content) => *content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(chunks: &[&[u8]]) -> Option<Content> {
        let mut beginning = Beginning::default();
        chunks.iter().for_each(|chunk| beginning.push(chunk));
        beginning.content()
    }

    #[test]
    fn what_stands_behind_the_block_is_not_judged() {
        let mut bytes = b"a b\n".repeat(BLOCK_BYTES / 4);
        bytes.push(0);
        assert_eq!(content(&[&bytes]), None);
        assert_eq!(content(&[&bytes[1..]]), Some(Content::Binary(Binary::Nul)));
        assert_eq!(content(&[&bytes[..1], b"", &bytes[1..BLOCK_BYTES], &bytes[BLOCK_BYTES..]]), None);
    }

    #[test]
    fn a_mark_says_more_than_an_encoding_and_that_more_than_bytes() {
        assert_eq!(content(&[b"PK", b"\x03\x04\0\0"]), Some(Content::Format("a zip archive")));
        assert_eq!(content(&[b"\xff\xfea\0 \0"]), Some(Content::Encoding("UTF-16, little-endian")));
        assert_eq!(content(&[b"a\0 \0"]), Some(Content::Binary(Binary::Nul)));
        assert_eq!(content(&[]), None);
    }
}
