//! Rights: what a route asks of a request, stated where the route is mounted, and what a request shows.

use percent_encoding::percent_decode_str;
use wire::api::Visitor;
use wire::error::{ApiError, ErrorCode};

use crate::run::Sees;

/// Who may ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Everybody.
    Open,
    /// Viewers of one run: the request names it by its unguessable id.
    Viewer,
    /// Runners, who start, cancel, browse and list: they have the site's token, or, where it has none, its machine.
    Runner,
}

/// The cost of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing beyond this process.
    Free,
    /// Something is read from a store, or runs are described: another site may lead a person here, and not embed it.
    Reads,
    /// Money is spent, or something is changed: no other site may ask for it at all.
    Spends,
}

/// The conditions of a route on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who may ask.
    pub right: Right,
    /// The cost of a GET of it; any other method spends.
    pub effect: Effect,
    /// It shows the bucket browser where its query asks for that, which is a runner's and spends.
    browses: bool,
}

impl Rule {
    /// A route with this right and this effect.
    pub const fn new(right: Right, effect: Effect) -> Self {
        Self { right, effect, browses: false }
    }

    /// A page with this right.
    pub const fn page(right: Right) -> Self {
        Self { right, effect: Effect::Reads, browses: true }
    }

    /// The rule for a request with this query.
    pub(super) fn with(self, query: &str) -> Self {
        match self.browses && asks_to_browse(query) {
            true => Self { right: Right::Runner, effect: Effect::Spends, ..self },
            false => self,
        }
    }
}

/// A page whose address says `browse` lists a bucket. A name that merely looks like it, and a value that is it, count
/// as well; a value that holds it among others is a bucket's or a prefix.
fn asks_to_browse(query: &str) -> bool {
    let decoded = percent_decode_str(query).decode_utf8_lossy();
    decoded.split(['&', ';']).any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        name.contains("browse") || value.trim() == "browse"
    })
}

/// The rights that a request has shown, for its handler: the same for a page and for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The visitor that it showed to be.
    pub visitor: Visitor,
    /// It comes from this site's own pages, or from no page.
    pub(super) is_own: bool,
}

impl Granted {
    /// Whether it may do what runners may.
    pub fn is_runner(self) -> bool {
        match self.visitor {
            Visitor::Runner | Visitor::Session => true,
            Visitor::Stranger => false,
        }
    }

    /// Its right to learn of runs whose ids it did not show.
    pub fn sees(self) -> Sees {
        if self.is_runner() { Sees::All } else { Sees::One }
    }

    /// An error as it may be shown: what a store says of itself names accounts and buckets, which are a runner's to know.
    pub fn shown(self, error: ApiError) -> ApiError {
        if !self.hides(&error) {
            return error;
        }
        tracing::warn!(error = %error.message, "a stranger's request failed");
        ApiError::new(error.code, "what is asked for can't be read at the moment: try again later")
    }

    /// Whether an error says more than the request may know.
    pub(super) fn hides(self, error: &ApiError) -> bool {
        !self.is_runner() && error.code == ErrorCode::StoreUnavailable
    }

    /// Refuses who is no runner.
    ///
    /// # Errors
    /// Where the request showed no token.
    pub fn check_runner(self) -> Result<(), ApiError> {
        match self.is_runner() {
            true => Ok(()),
            false => Err(unauthorized()),
        }
    }

    /// Refuses who is no runner, and what another site asks for.
    ///
    /// # Errors
    /// Where the request showed no token, or comes from another site.
    pub fn check_spends(self) -> Result<(), ApiError> {
        self.check_runner()?;
        match self.is_own {
            true => Ok(()),
            false => Err(super::same_site::refused(Effect::Spends)),
        }
    }
}

/// A right is missing.
pub(super) fn unauthorized() -> ApiError {
    let message = "this needs the site's token: send Authorization: Bearer TOKEN, or log in at /login";
    ApiError::new(ErrorCode::Unauthorized, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_browses_is_a_runners() {
        let page = Rule::page(Right::Open);
        assert_eq!(page.with("bucket=docs&prefix=a"), page);
        for query in ["browse=1", "bucket=docs&browse=", "bro%77se=1", "x=%62rowse"] {
            let rule = page.with(query);
            assert_eq!((rule.right, rule.effect), (Right::Runner, Effect::Spends), "{query}");
        }
        assert_eq!(page.with("bucket=b&prefix=browser-logs/"), page);
        let export = Rule::new(Right::Viewer, Effect::Reads);
        assert_eq!(export.with("browse=1"), export);
    }
}
