//! Keys as a listing spells them: continuation tokens and `encoding-type=url`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that S3 leaves as they are, besides letters and digits; a space becomes `+`.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// A text as `encoding-type=url` spells it.
pub(crate) fn url(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string().replace(' ', "+")
}

/// The token of a page that ended with `last`.
pub(crate) fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// The last entry of the page of that token; `None` where it is no token of ours.
pub(crate) fn read_token(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes).ok().filter(|last| !last.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(url(text), expected);
        assert_eq!(read_token(&token(text)).as_deref(), Some(text));
    }

    #[test]
    fn texts_are_spelled_as_s3_spells_them() {
        check("a/b-c_d.e*f", "a/b-c_d.e*f");
        check("a b", "a+b");
        check("a+b%", "a%2Bb%25");
        check("é\n", "%C3%A9%0A");
        check("~'<", "%7E%27%3C");
    }

    #[test]
    fn a_token_of_another_kind_is_refused() {
        assert_eq!(read_token(""), None);
        assert_eq!(read_token("not a token"), None);
    }
}
