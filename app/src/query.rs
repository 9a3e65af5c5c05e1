//! The part of an address behind its `?`, in which a form's fields may stand.
//!
//! The router decodes values twice, which turns a key such as `%41` into another; here each is decoded once.

use leptos::prelude::*;
use leptos_router::hooks::use_url;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// Names and values, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The page's own, followed as it changes.
    pub fn of_page() -> Memo<Self> {
        let url = use_url();
        Memo::new(move |_| Self::parse(url.read().search()))
    }

    /// Reads what stands behind the `?`.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decoded(name), decoded(value))
                })
                .collect(),
        )
    }

    /// The value of this name; the last one where there are several.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// With this value for this name, whatever it was.
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut query = self.without(name);
        query.0.push((name.to_owned(), value.to_owned()));
        query
    }

    /// Without this name.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// As an address relative to the page's own.
    pub fn address(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, value: Option<&str>) {
        let query = Query::parse(text);
        assert_eq!(query.get(name), value, "{text}");
        assert_eq!(Query::parse(&query.address()[1..]), query, "{text}");
    }

    #[test]
    fn values_are_decoded_once_and_written_as_they_are_read() {
        check("bucket=b&prefix=a%2Fb+c", "prefix", Some("a/b c"));
        check("prefix=%2541%20%2B%26%3D", "prefix", Some("%41 +&="));
        check("prefix=%C5%BC%F0%9F%A6%80", "prefix", Some("ż🦀"));
        check("browse", "browse", Some(""));
        check("a=1&a=2", "a", Some("2"));
        check("a=1", "b", None);
        check("", "a", None);
        check("a=%zz%", "a", Some("%zz%"));
    }

    #[test]
    fn a_name_is_replaced_and_left_out() {
        let query = Query::parse("a=1&b=2").with("a", "x y");
        assert_eq!(query.address(), "?b=2&a=x%20y");
        assert_eq!(query.without("b").address(), "?a=x%20y");
    }
}
