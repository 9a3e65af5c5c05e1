//! Text that is used and never shown.

use std::fmt;

/// A text that may hold a secret, such as an address with a password in it: its `Debug` says that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for what needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::from("pa55word".to_owned());
        assert_eq!((format!("{secret:?}").as_str(), secret.expose()), ("Secret(..)", "pa55word"));
    }
}
