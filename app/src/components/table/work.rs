//! Keeps the listing in step with the run and the choice, a few milliseconds in each frame.

use leptos::prelude::*;

use super::Table;

/// How long a frame may work at the listing.
const WORK_MS_MAX: f64 = 8.0;
/// New rows are sorted into the table this often.
const RESORT_EVERY_MS: f64 = 1_000.0;

/// Works whenever there is something to do, and goes on in the next frame where there is more.
pub(super) fn keep(table: Table) {
    let live = table.scene.live;
    let epoch = live.memo(|model| model.epoch);
    let turns = RwSignal::new(0_u32);
    let turn_asked = StoredValue::new(false);
    let sorted_ms = StoredValue::new(f64::MIN);
    let ask = move || {
        if !turn_asked.get_value() {
            turn_asked.set_value(true);
            request_animation_frame(move || {
                turn_asked.try_update_value(|asked| *asked = false);
                turns.try_update(|turns| *turns += 1);
            });
        }
    };
    Effect::new(move |before: Option<_>| {
        let now = (epoch.get(), table.scene.choice.get(), table.order.get());
        let before = before.unwrap_or(now);
        turns.track();
        let begun = now_ms();
        let may_resort = begun - sorted_ms.get_value() > RESORT_EVERY_MS;
        let is_done = live.read(|model| {
            table.listing.try_update_value(|listing| {
                if before.0 != now.0 {
                    listing.forget();
                }
                if before.1 != now.1 {
                    listing.choose(now.1);
                }
                if before.2 != now.2 {
                    listing.put_in(now.2);
                }
                let mut is_done = listing.step(&model.rows, may_resort);
                while !is_done && now_ms() - begun < WORK_MS_MAX {
                    is_done = listing.step(&model.rows, may_resort);
                }
                is_done
            })
        });
        let is_done = is_done.unwrap_or(true);
        if is_done && may_resort {
            sorted_ms.set_value(now_ms());
        }
        if !is_done {
            ask();
        }
        if table.working.get_untracked() == is_done {
            table.working.set(!is_done);
        }
        table.changed.update(|changed| *changed += 1);
        now
    });
}

/// Milliseconds on a clock that only goes forward.
fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
