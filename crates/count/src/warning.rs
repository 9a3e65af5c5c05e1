//! Warnings to the reader of an object's counts about its bytes, in one sentence without the key.

use crate::codec::Codec;
use crate::content::{Binary, Content, Name};

/// The warning for bytes that were counted as text and are none, or are not what their name promises: the
/// most specific of those that apply. A name is believed where the bytes have no mark, since some formats
/// have none.
pub(crate) fn of(name: Name, codec: Codec, content: Option<Content>) -> Option<String> {
    let (look, counted) = match codec.name() {
        None => ("looks", "counted as the bytes it is"),
        Some(_) => ("its decoded bytes look", "counted as those bytes"),
    };
    match content {
        Some(Content::Compressed(format)) => Some(match codec.name() {
            None => format!("looks like {format}: {counted}"),
            Some(codec) if codec == format => {
                format!("its decoded bytes are {format} again: compressed twice, and decoded once")
            }
            Some(_) => format!("its decoded bytes are {format}: compressed twice, and decoded once"),
        }),
        Some(Content::Format(format)) => Some(format!("{look} like {format}: {counted}")),
        Some(Content::Encoding(encoding)) => Some(format!("{look} like {encoding}: {counted}")),
        Some(Content::Binary(_)) | None => named(name, codec, content.is_some()).or_else(|| match content {
            Some(Content::Binary(Binary::Nul)) => Some(format!("{look} binary, with NUL bytes: {counted}")),
            Some(_) => Some(format!("{look} binary, with many control characters: {counted}")),
            None => None,
        }),
    }
}

/// The warning for bytes that have no mark, by their name.
fn named(name: Name, codec: Codec, is_binary: bool) -> Option<String> {
    match (name.unread, name.codec, codec) {
        (_, Some(promised), Codec::Plain) => Some(match is_binary {
            false => format!("named as {promised}, but is not: counted as plain text"),
            true => format!("named as {promised}, but is not, and looks binary: counted as the bytes it is"),
        }),
        (Some(format), _, Codec::Plain) => {
            Some(format!("named as {format}, which is not decoded: counted as the bytes it is"))
        }
        (Some(format), _, _) => Some(format!(
            "its decoded bytes are named as {format}, which is not decoded: counted as those bytes"
        )),
        (None, _, _) => None,
    }
}
