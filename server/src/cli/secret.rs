//! Arguments that no message may repeat.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::access::{Token, TokenError};

/// Reads a token; what is none is refused in a sentence without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenParser;

impl TypedValueParser for TokenParser {
    type Value = Token;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Token, clap::Error> {
        let token = value.to_str().ok_or(TokenError::Characters).and_then(Token::parse);
        token.map_err(|error| command.clone().error(ErrorKind::ValueValidation, error))
    }
}
