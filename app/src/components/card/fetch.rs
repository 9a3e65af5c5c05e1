//! Asks the server for the details that a row does not have.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use wire::object::ObjectDetail;

use super::Told;
use super::detail::Detail;
use crate::components::plot::scene::Scene;
use crate::live::model::Model;

/// Fetches the details of the chosen object; once more when its run is over, since there are more then. A
/// number is asked for once the page has its row: the run on the page may be another one than it was chosen
/// in.
pub(super) fn keep(scene: Scene, number: Memo<Option<u64>>, told: RwSignal<Told>) {
    let is_over = scene.live.memo(Model::is_over);
    let held = Memo::new(move |_| {
        let number = number.get()?;
        scene.live.read(|model| ((number as usize) < model.rows.len()).then_some(number))
    });
    Effect::new(move |_| {
        is_over.track();
        let Some(number) = held.get() else { return };
        let Some(page) = scene.live.target().get().map(|target| target.page) else { return };
        told.set(Told::Awaited);
        spawn_local(async move {
            let detail = fetched(&format!("{page}/objects/{number}")).await;
            let page_now = scene.live.target().try_get_untracked().flatten().map(|target| target.page);
            if held.try_get_untracked().flatten() == Some(number) && page_now == Some(page) {
                told.try_set(detail.map_or(Told::Nothing, Told::Detail));
            }
        });
    });
}

async fn fetched(address: &str) -> Option<Detail> {
    let answer: Response = JsFuture::from(window().fetch_with_str(address)).await.ok()?.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    let text: JsValue = JsFuture::from(answer.text().ok()?).await.ok()?;
    serde_json::from_str::<ObjectDetail>(&text.as_string()?).ok().map(Detail::from)
}
