//! The browser's `EventSource`, folded into the model; readers are notified once per animation frame.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};
use wire::api::Started;
use wire::rule::Grain;

use super::LiveRun;
use super::inbox::{Inbox, Item, Read, Wanted};
use super::link::Link;
use super::model::{Event, Model, Next};
use super::pulse::Pulse;

/// How long a page waits before it opens a stream again that the browser gave up.
const REOPEN_AFTER: Duration = Duration::from_secs(2);

type Listener = Closure<dyn FnMut(MessageEvent)>;

/// An open stream; dropping it closes it.
struct Source {
    reader: Reader,
    _listeners: Vec<Listener>,
    _on_error: Closure<dyn FnMut()>,
    _pulse: Pulse,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.reader.stream.set_onerror(None);
        self.reader.stream.close();
        self.reader.inbox.clear();
    }
}

/// The state that the listeners of one stream share.
#[derive(Clone)]
struct Reader {
    live: LiveRun,
    stream: EventSource,
    inbox: Inbox,
    opened: RwSignal<u32>,
    /// The run's last event has come over this stream.
    ended: Rc<Cell<bool>>,
    /// Nothing has come yet over this stream, which replaces another.
    fresh: Rc<Cell<bool>>,
}

/// Opens the target's stream, and another whenever the target changes or is to be followed again.
pub(super) fn follow(live: LiveRun, grain: Grain) {
    let opened = RwSignal::new(0);
    Effect::new(move |before: Option<Option<Started>>| {
        opened.track();
        let target = live.target().get()?;
        let address = format!("{}?grain={grain}&invocations=1", target.events);
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
            stream,
            inbox: Inbox::default(),
            opened,
            ended: Rc::default(),
            fresh: Rc::new(Cell::new(again)),
        };
        let listeners = EVENTS.map(|(name, read)| reader.listen(name, read)).into();
        let lost = reader.clone();
        let on_error = Closure::<dyn FnMut()>::new(move || lost.note(Item::Lost));
        reader.stream.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let pulse = Pulse::of(live, &reader.stream);
        Some(Self { reader, _listeners: listeners, _on_error: on_error, _pulse: pulse })
    }
}

/// The events of a stream, and the reader of each.
const EVENTS: [(&str, Read); 7] = [
    ("progress", |data| serde_json::from_str(data).map(Event::Progress)),
    ("objects", |data| serde_json::from_str(data).map(Event::Objects)),
    ("log", |data| serde_json::from_str(data).map(Event::Log)),
    ("invocations", |data| serde_json::from_str(data).map(Event::Invocations)),
    ("end", |data| serde_json::from_str(data).map(Box::new).map(Event::End)),
    ("reset", |_| Ok(Event::Reset)),
    ("ping", |_| Ok(Event::Ping)),
];

impl Reader {
    fn listen(&self, name: &str, read: Read) -> Listener {
        let reader = self.clone();
        let listener =
            Listener::new(move |message: MessageEvent| reader.note(Item::Event(message.data(), read)));
        let _ = self.stream.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener
    }

    fn note(&self, item: Item) {
        let (reader, live) = (self.clone(), self.live);
        self.inbox.push(item, move |item| reader.take(item), move || live.changed());
    }

    fn take(&self, item: Item) -> Wanted {
        let Item::Event(data, read) = item else { return self.lost() };
        match read(&data.as_string().unwrap_or_default()) {
            Ok(event) => self.fold(event),
            Err(error) => {
                leptos::logging::warn!("an event could not be read: {error}");
                Wanted::More
            }
        }
    }

    fn fold(&self, event: Event) -> Wanted {
        let mut next = Next::Read;
        if self.fresh.take() {
            self.live.update(Model::forget);
        }
        self.live.update(|model| next = model.apply(event));
        match next {
            Next::Read => return Wanted::More,
            Next::Close => {
                self.ended.set(true);
                self.stream.close();
            }
            Next::Restart => {
                self.stream.close();
                self.reopen();
            }
        }
        Wanted::Nothing
    }

    /// The browser reconnects by itself unless it was refused; then the page asks again.
    fn lost(&self) -> Wanted {
        let ended = self.ended.get();
        self.live.update(|model| model.reconnecting = !ended);
        if ended {
            self.stream.close();
        } else if self.stream.ready_state() == EventSource::CLOSED {
            self.reopen();
        }
        Wanted::More
    }

    fn reopen(&self) {
        let (live, opened) = (self.live, self.opened);
        let lost = live.target().get_untracked();
        let again = move || {
            let is_gone = live.link().try_get_untracked().is_none_or(|link| link == Link::Gone);
            if !is_gone && live.target().try_get_untracked().is_some_and(|target| target == lost) {
                opened.try_update(|times| *times += 1);
            }
        };
        set_timeout(again, REOPEN_AFTER);
    }
}
