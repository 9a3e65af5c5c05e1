//! The events that a stream has brought and the page has not folded in yet.
//!
//! A burst of events comes in one task of the browser: the page only queues them there, and folds them in
//! frame by frame, as many as there is time for, so that it answers its visitor however fast results come.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::model::Event;

/// How long events are folded in for a frame.
const FOLDING_MS_MAX: f64 = 5.0;
/// How often a hidden page updates, which has no frames but a title that people look at; and how long it may
/// fold.
const TELL_HIDDEN: Duration = Duration::from_secs(1);
const FOLDING_HIDDEN_MS_MAX: f64 = 30.0;

/// The items of a stream, in their order.
pub(super) enum Item {
    /// An event, and its reader.
    Event(JsValue, Read),
    /// The connection broke, or was refused.
    Lost,
}

/// Reads an event's data.
pub(super) type Read = fn(&str) -> serde_json::Result<Event>;

/// Whether more of a stream is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Go on.
    More,
    /// The rest is void.
    Nothing,
}

/// Items of one stream; clones share them.
#[derive(Clone, Default)]
pub(super) struct Inbox {
    items: Rc<RefCell<VecDeque<Item>>>,
    turn_asked: Rc<Cell<bool>>,
}

impl Inbox {
    /// Queues an item; `fold` is called with it in a coming frame. After each frame's folding `told` is
    /// called, once.
    pub(super) fn push(
        &self,
        item: Item,
        fold: impl Fn(Item) -> Wanted + 'static,
        told: impl Fn() + 'static,
    ) {
        self.items.borrow_mut().push_back(item);
        self.ask(fold, told, TELL_HIDDEN);
    }

    /// Forgets all; nothing is folded any more.
    pub(super) fn clear(&self) {
        self.items.borrow_mut().clear();
    }

    fn ask(&self, fold: impl Fn(Item) -> Wanted + 'static, told: impl Fn() + 'static, hidden_for: Duration) {
        if self.turn_asked.replace(true) {
            return;
        }
        let inbox = self.clone();
        let turn = move || {
            inbox.turn_asked.set(false);
            if inbox.fold(&fold) {
                told();
            }
            if !inbox.items.borrow().is_empty() {
                inbox.clone().ask(fold, told, Duration::ZERO);
            }
        };
        if document().hidden() {
            set_timeout(turn, hidden_for);
        } else {
            request_animation_frame(turn);
        }
    }

    /// Folds items as long as there is time; true where there were any.
    fn fold(&self, fold: &impl Fn(Item) -> Wanted) -> bool {
        let now_ms = || window().performance().map_or(0.0, |performance| performance.now());
        let until = now_ms() + if document().hidden() { FOLDING_HIDDEN_MS_MAX } else { FOLDING_MS_MAX };
        let mut folded = false;
        loop {
            // Not in a pattern, which would hold the queue while the item is folded.
            let next = self.items.borrow_mut().pop_front();
            let Some(item) = next else { break };
            folded = true;
            if fold(item) == Wanted::Nothing {
                self.clear();
            }
            if now_ms() > until {
                break;
            }
        }
        folded
    }
}
