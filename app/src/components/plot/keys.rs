//! The plot by keys: from point to point, closer and further away, and back.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::{FocusEvent, KeyboardEvent, Node};

use super::listen::Listeners;
use super::pointers::Hands;
use super::stage::Stage;
use crate::components::rows::state_text;
use crate::draw::walk::Direction;
use crate::format;
use crate::table::choice::Choice;

/// How many times as large a press on + shows.
const CLOSER: f64 = 1.5;
/// The point that keys have come to is announced after this pause: moving on announces nothing.
const TOLD_AFTER: Duration = Duration::from_millis(200);

/// Listens to keys while the plot itself has the focus.
pub(super) fn listen(stage: Stage, hands: Hands, root: NodeRef<html::Div>) {
    Effect::new(move |_| {
        let Some(root) = root.get() else { return };
        let own: Node = root.clone().into();
        let mut listeners = Listeners::new(root.into());
        listeners.on("keydown", move |event: KeyboardEvent| {
            let is_own = event.target().is_some_and(|target| target == *own);
            let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
            if is_plain && (is_own || event.key() == "Escape") && press(stage, hands, &event.key()) {
                event.prevent_default();
            }
        });
        listeners.on("blur", move |_: FocusEvent| stage.point_at(None));
        listeners.keep();
    });
}

/// Does what a key asks for; false where it is none of the plot's.
fn press(stage: Stage, hands: Hands, key: &str) -> bool {
    match key {
        "ArrowLeft" => walk(stage, Direction::Left),
        "ArrowRight" => walk(stage, Direction::Right),
        "ArrowUp" => walk(stage, Direction::Up),
        "ArrowDown" => walk(stage, Direction::Down),
        "Home" => go(stage, stage.end(false)),
        "End" => go(stage, stage.end(true)),
        "Enter" | " " => pin(stage),
        "Delete" | "Backspace" => stage.scene.choose(None),
        "Escape" => return back(stage, hands),
        "+" | "=" => closer(stage, CLOSER),
        "-" | "_" => closer(stage, 1.0 / CLOSER),
        "0" => stage.scene.show_all(),
        _ => return false,
    }
    true
}

fn walk(stage: Stage, direction: Direction) {
    let from = stage.pointed().or_else(|| stage.scene.chosen()).filter(|from| stage.place(*from).is_some());
    match from {
        Some(from) => go(stage, stage.next(from, direction)),
        None => go(stage, stage.end(false)),
    }
}

fn go(stage: Stage, to: Option<usize>) {
    let Some(to) = to else {
        tell(stage, None);
        return;
    };
    stage.point_at(Some(to));
    tell(stage, Some(to));
}

/// Announces the point that keys came to, once they pause; or that there is none further on.
fn tell(stage: Stage, number: Option<usize>) {
    let later = move || {
        let scene = stage.scene;
        if number.is_some() && stage.pointed() != number {
            return;
        }
        let row = number.and_then(|number| untrack(|| scene.live.read(|model| model.rows.get(number))));
        let text = row.map(|row| {
            format!("{}: {}, {}", format::printable(&row.0), format::counts(&row), state_text(row.6, row.7))
        });
        scene.told.try_set(text.unwrap_or_else(|| "No object further on".to_owned()));
    };
    set_timeout(later, TOLD_AFTER);
}

fn pin(stage: Stage) {
    let Some(pointed) = stage.pointed() else { return };
    stage.scene.choose(Some(pointed as u64));
    stage.scene.told.set("Pinned: its card is beside the plot".to_owned());
}

/// Takes back the last thing that Escape can: a gesture, the card, the choice, the part that is shown.
fn back(stage: Stage, hands: Hands) -> bool {
    let scene = stage.scene;
    if hands.let_go() {
        return true;
    }
    if scene.chosen().is_some() {
        scene.choose(None);
    } else if !scene.choice.with_untracked(Choice::is_all) {
        scene.choice.set(Choice::default());
    } else if untrack(|| scene.is_part()) {
        scene.show_all();
    } else {
        return false;
    }
    true
}

fn closer(stage: Stage, factor: f64) {
    let held = stage.pointed().or_else(|| stage.scene.chosen());
    let place = held.and_then(|held| stage.place(held));
    let Some(at) = place.or_else(|| stage.lenses().map(|lenses| lenses.middle())) else { return };
    stage.scene.step();
    stage.zoom(at, factor);
}
