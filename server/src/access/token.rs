//! The site's token: a secret that is checked once, where it comes in, and of which the server stores a
//! digest.

use std::fmt;

use sha2::{Digest, Sha256};

/// Characters that a token has at least: fewer can be guessed.
const TOKEN_CHARS_MIN: usize = 16;
/// Characters that a token has at most: a cookie carries no more than some thousands.
const TOKEN_CHARS_MAX: usize = 1_024;

/// A token that a header and a cookie can carry.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    digest: [u8; 32],
}

/// A text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is empty, or nothing but blanks: most likely a variable that was never set.
    #[error("the token is empty: {make_one}, or leave --token and WORDFALL_TOKEN away", make_one = MAKE_ONE)]
    Empty,
    /// It has too few characters, or too many.
    #[error(
        "the token needs {min} characters or more, and at most {max}: {make_one}",
        min = TOKEN_CHARS_MIN,
        max = TOKEN_CHARS_MAX,
        make_one = MAKE_ONE
    )]
    Length,
    /// It has characters that can't stand in a header or a cookie.
    #[error(
        "the token has a blank, a double quote, a comma, a semicolon, a backslash or a character that is not \
         ASCII, which a header or a cookie can't carry: {make_one}",
        make_one = MAKE_ONE
    )]
    Characters,
}

/// How to make a token, at the end of each refusal.
const MAKE_ONE: &str = "make one, for example by `openssl rand -base64 24`";

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// Where the text is none. The error does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let is_carried = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        if text.trim().is_empty() {
            return Err(TokenError::Empty);
        }
        if !text.bytes().all(is_carried) {
            return Err(TokenError::Characters);
        }
        if !(TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&text.len()) {
            return Err(TokenError::Length);
        }
        Ok(Self { digest: Sha256::digest(text).into() })
    }

    /// Whether this is the token. Digests are compared, so that the time it takes says nothing of the token.
    pub(super) fn is(&self, offered: &str) -> bool {
        let offered: [u8; 32] = Sha256::digest(offered).into();
        self.digest.iter().zip(offered).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<TokenError>) {
        assert_eq!(Token::parse(text).err(), expected);
    }

    #[test]
    fn a_token_is_long_and_plain() {
        check("correct-horse-battery", None);
        check("AZaz09+/=AZaz09+/=_~!#$%&()*:<>?@[]^`{|}.-", None);
        check("", Some(TokenError::Empty));
        check("   \t ", Some(TokenError::Empty));
        check("fifteen-letters", Some(TokenError::Length));
        check("sixteen--letters", None);
        check(&"a".repeat(TOKEN_CHARS_MAX + 1), Some(TokenError::Length));
        for odd in ["\"", ",", ";", "\\", " ", "\n", "\u{e9}", "\u{7f}"] {
            check(&format!("sixteen{odd}--letters"), Some(TokenError::Characters));
        }
    }

    #[test]
    fn only_the_token_itself_is_it() {
        let token = Token::parse("correct-horse-battery").unwrap();
        assert!(token.is("correct-horse-battery"));
        for other in ["", "correct-horse-batter", "correct-horse-battery1", "Correct-horse-battery"] {
            assert!(!token.is(other), "{other}");
        }
    }

    #[test]
    fn neither_a_token_nor_its_refusal_shows_it() {
        let token = Token::parse("correct-horse-battery").unwrap();
        assert_eq!(format!("{token:?}"), "Token(..)");
        let refused = Token::parse("correct horse battery").unwrap_err();
        assert!(!refused.to_string().contains("horse"), "{refused}");
    }
}
