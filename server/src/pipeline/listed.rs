//! Takes in pages of objects.

use wire::event::Level;
use wire::row::{Object, Reason, Row};

use super::again::SourceError;
use super::filter::Matcher;
use super::list::{Listed, Page};
use super::stop::Stop;
use super::{Pipeline, Settled};

impl Pipeline {
    /// Takes a page in: its objects are numbered, and settled where nothing has to be counted of them; the others
    /// wait in the plan.
    pub(super) fn listed(&mut self, page: Option<Result<Page, SourceError>>) {
        match page {
            Some(Ok(page)) => {
                self.purse.listed(page.lists);
                for remark in page.remarks {
                    self.run.log(Level::Warning, remark, None);
                }
                if page.failed.is_some() {
                    // What came already does not wait for a store that pushes back.
                    self.gathers = false;
                } else {
                    self.note_listed_to(page.listed_to);
                }
                let mut settled = Vec::new();
                for listed in page.objects {
                    if self.settled_before.contains(&listed.key) {
                        continue;
                    }
                    let skipped = match page.chosen {
                        false => self.matcher.skipped(&listed.key, listed.size, listed.modified.as_deref()),
                        true => Matcher::default().skipped(&listed.key, listed.size, None),
                    };
                    let (object, known) = self.numbered(listed);
                    match (skipped, known) {
                        (Some(reason), _) => settled.push(Settled::uncounted(object, reason, None)),
                        (None, Some(row)) => {
                            self.unchanged += 1;
                            settled.push(Settled::known(object, &row));
                        }
                        (None, None) => self.plan.push(object),
                    }
                }
                let is_unsettled = |key: &String| !self.settled_before.contains(key);
                let gone: Vec<_> = page.gone.into_iter().filter(is_unsettled).collect();
                for key in gone {
                    let listed = Listed { key, etag: None, size: None, modified: None, known: None };
                    settled.push(Settled::uncounted(self.numbered(listed).0, Reason::Gone, None));
                }
                self.listing = page.next.is_some();
                self.listed_whole = !self.listing;
                self.settle(settled);
                if self.listed_whole {
                    self.find_unlisted();
                }
            }
            Some(Err(error)) => {
                self.purse.listed(u64::MAX);
                self.halt(Stop::failed(error.to_string()));
            }
            None => {
                self.purse.listed(0);
                self.listing = false;
                self.listed_whole = true;
            }
        }
        self.changed = true;
    }

    /// Records how far the listing has come, for a run over the rest. A run that was interrupted begins its
    /// listing again, and records a key only when it has come behind all that it had listed before.
    fn note_listed_to(&self, listed_to: Option<String>) {
        let is_behind = |key: &String| self.last_before.as_ref().is_none_or(|last| last <= key);
        self.run.note_listed_to(listed_to.filter(is_behind));
    }

    fn numbered(&mut self, listed: Listed) -> (Object, Option<Box<Row>>) {
        let Listed { key, etag, size, known, .. } = listed;
        let object = Object { n: self.ledger.list(), key, etag, size, start: None, end: None };
        (object, known)
    }
}
