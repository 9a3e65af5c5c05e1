//! The browser's `EventSource`, folded into the model; readers are told once per animation frame.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};
use wire::api::Started;
use wire::rule::Grain;

use super::LiveRun;
use super::model::{Event, Model, Next};

/// How long a page waits before it opens a stream again that the browser gave up.
const REOPEN_AFTER: Duration = Duration::from_secs(2);

/// How often a hidden page is told.
const TELL_HIDDEN: Duration = Duration::from_secs(1);

type Listener = Closure<dyn FnMut(MessageEvent)>;

/// An open stream; dropping it closes it.
struct Source {
    stream: EventSource,
    _listeners: Vec<Listener>,
    _on_error: Closure<dyn FnMut()>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stream.set_onerror(None);
        self.stream.close();
    }
}

/// What the listeners of one stream share.
#[derive(Clone)]
struct Reader {
    live: LiveRun,
    stream: EventSource,
    frame_asked: Rc<Cell<bool>>,
    opened: RwSignal<u32>,
    /// The run's last event has come over this stream.
    ended: Rc<Cell<bool>>,
    /// Nothing has come over this stream, which takes the place of another, yet.
    fresh: Rc<Cell<bool>>,
}

/// Opens the target's stream, and another whenever the target changes or is to be followed anew.
pub(super) fn follow(live: LiveRun, grain: Grain) {
    let opened = RwSignal::new(0);
    Effect::new(move |before: Option<Option<Started>>| {
        opened.track();
        let target = live.target().get()?;
        let address = format!("{}?grain={grain}", target.events);
        let again = before.flatten().is_some_and(|before| before == target);
        let source = StoredValue::new_local(Source::open(live, &address, opened, again));
        on_cleanup(move || {
            source.try_update_value(|source| drop(source.take()));
        });
        Some(target)
    });
}

impl Source {
    /// `again` where the page asks once more for a run whose stream it has lost.
    fn open(live: LiveRun, address: &str, opened: RwSignal<u32>, again: bool) -> Option<Self> {
        let stream = EventSource::new(address).ok()?;
        let reader = Reader {
            live,
            stream: stream.clone(),
            frame_asked: Rc::default(),
            opened,
            ended: Rc::default(),
            fresh: Rc::new(Cell::new(again)),
        };
        let listeners = vec![
            reader.listen("progress", Event::Progress),
            reader.listen("objects", Event::Objects),
            reader.listen("log", Event::Log),
            reader.listen("end", |end| Event::End(Box::new(end))),
            reader.listen("reset", |_: serde::de::IgnoredAny| Event::Reset),
            reader.listen("ping", |_: serde::de::IgnoredAny| Event::Ping),
        ];
        let on_error = Closure::<dyn FnMut()>::new(move || reader.lost());
        stream.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self { stream, _listeners: listeners, _on_error: on_error })
    }
}

impl Reader {
    fn listen<T: DeserializeOwned + 'static>(&self, name: &str, event: fn(T) -> Event) -> Listener {
        let reader = self.clone();
        let listener = Listener::new(move |message: MessageEvent| {
            let data = message.data().as_string().unwrap_or_default();
            match serde_json::from_str(&data) {
                Ok(data) => reader.fold(event(data)),
                Err(error) => leptos::logging::warn!("an event could not be read: {error}"),
            }
        });
        let _ = self.stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener
    }

    fn fold(&self, event: Event) {
        let mut next = Next::Read;
        if self.fresh.take() {
            self.live.update(Model::forget);
        }
        self.live.update(|model| next = model.apply(event));
        match next {
            Next::Read => {}
            Next::Close => {
                self.ended.set(true);
                self.stream.close();
            }
            Next::Restart => {
                self.stream.close();
                self.reopen();
            }
        }
        self.tell();
    }

    /// The browser reconnects by itself unless it was refused; then the page asks again.
    fn lost(&self) {
        let ended = self.ended.get();
        self.live.update(|model| model.reconnecting = !ended);
        self.tell();
        if ended {
            self.stream.close();
        } else if self.stream.ready_state() == EventSource::CLOSED {
            self.reopen();
        }
    }

    fn reopen(&self) {
        let (live, opened) = (self.live, self.opened);
        let lost = live.target().get_untracked();
        let again = move || {
            if live.target().try_get_untracked().is_some_and(|target| target == lost) {
                opened.try_update(|times| *times += 1);
            }
        };
        set_timeout(again, REOPEN_AFTER);
    }

    fn tell(&self) {
        if !self.frame_asked.replace(true) {
            let (live, asked) = (self.live, self.frame_asked.clone());
            let tell = move || {
                asked.set(false);
                live.changed();
            };
            // A hidden page has no frames, but a title that people look at.
            if document().hidden() {
                set_timeout(tell, TELL_HIDDEN);
            } else {
                request_animation_frame(tell);
            }
        }
    }
}
