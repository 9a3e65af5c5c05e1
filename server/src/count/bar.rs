//! The progress bar, where standard error is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wire::event::Progress;

const TEMPLATE: &str = "{bar:30} {pos} of {len} objects, {msg}";

/// A bar that is silent elsewhere.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template is valid");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        Self(bar.with_style(style))
    }

    pub(super) fn show(&self, progress: &Progress) {
        self.0.set_length(progress.objects_found);
        self.0.set_position(progress.objects_done);
        let more = if progress.listing_done { "" } else { ", listing" };
        self.0.set_message(format!("{} words, {} lines{more}", progress.words, progress.lines));
    }

    /// Writes something else without tearing the bar.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
