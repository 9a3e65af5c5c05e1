//! A bucket page by page: folders to go into, and the objects beside them. Every step is a link, which is followed
//! without JavaScript too; with it the form takes what was chosen.

use leptos::html::Section;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wire::api::{ListedObject, Listing, Site};

use crate::api::browse;
use crate::components::problem::Told;
use crate::error::PageError;
use crate::format;
use crate::query::Query;

/// The bucket and the prefix that are being looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    query: Query,
    bucket: String,
    prefix: String,
    token: Option<String>,
}

/// The browser, while the page's address asks for it.
#[component]
pub fn Browser(
    /// Called with the bucket and the prefix that were gone to.
    chosen: Callback<(String, String)>,
    /// Set to why nothing can be listed, while that is on the page.
    unlisted: RwSignal<Option<PageError>>,
) -> impl IntoView {
    let query = Query::of_page();
    let bucket_default = use_context::<Site>().unwrap_or_default().bucket;
    let place = Memo::new(move |_| place(&query.read(), &bucket_default));
    let page = Resource::new_blocking(
        move || place.get(),
        |place| async move {
            let place = place?;
            let Place { bucket, prefix, token, .. } = place.clone();
            Some((place, browse(Some(bucket), Some(prefix), token).await))
        },
    );
    let moved = StoredValue::new(false);
    Effect::watch(
        move || place.get(),
        move |place, _, _| {
            moved.set_value(true);
            if let Some(place) = place {
                chosen.run((place.bucket.clone(), place.prefix.clone()));
            }
        },
        false,
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let page = page.await;
                unlisted.set(page.as_ref().and_then(|(_, page)| page.as_ref().err().cloned()));
                page.map(|(place, page)| view! { <OnePage place page moved /> })
            })}
        </Transition>
    }
}

/// The place that the address asks for: any `browse` that is not empty.
fn place(query: &Query, bucket_default: &str) -> Option<Place> {
    let given = |name: &str| query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    given("browse")?;
    Some(Place {
        bucket: given("bucket").unwrap_or_else(|| bucket_default.to_owned()),
        prefix: given("prefix").unwrap_or_default(),
        token: given("token"),
        query: query.clone().without("token").without("idempotency_key"),
    })
}

impl Place {
    /// The address of the page that shows this prefix.
    fn address_of(&self, prefix: &str) -> String {
        self.query.clone().with("bucket", &self.bucket).with("prefix", prefix).with("browse", "1").address()
    }

    /// Each folder on the way, with its address, and the rest of the prefix that is no whole folder.
    fn way(&self) -> (Vec<(String, String)>, &str) {
        let mut way = vec![(self.bucket.clone(), self.address_of(""))];
        let mut begins = 0;
        for (slash, _) in self.prefix.match_indices('/') {
            way.push((self.prefix[begins..=slash].to_owned(), self.address_of(&self.prefix[..=slash])));
            begins = slash + 1;
        }
        (way, &self.prefix[begins..])
    }

    /// A key or a folder as it reads below this prefix's last folder.
    fn below<'a>(&self, key: &'a str) -> &'a str {
        let folder = self.prefix.rfind('/').map_or(0, |slash| slash + 1);
        key.get(folder..).filter(|rest| !rest.is_empty()).unwrap_or(key)
    }
}

/// One LIST page.
#[component]
fn OnePage(
    /// Where it is.
    place: Place,
    /// The answer.
    page: Result<Listing, PageError>,
    /// A link of an earlier page led here.
    moved: StoredValue<bool>,
) -> impl IntoView {
    let node = NodeRef::<Section>::new();
    if moved.get_value() {
        keep_focus_in(node);
    }
    let (way, rest) = place.way();
    let rest = (!rest.is_empty()).then(|| view! { <li class="key">{format::printable(rest)}</li> });
    let close = place.query.clone().without("browse");
    let close = close.with("bucket", &place.bucket).with("prefix", &place.prefix).address();
    let content = match page {
        Ok(listing) => view! { <Entries place listing /> }.into_any(),
        Err(error) => view! { <p role="alert" class="problem"><Told problem=error /></p> }.into_any(),
    };
    view! {
        <section class="browse" data-browse tabindex="-1" aria-label="Browse the bucket" node_ref=node>
            <nav aria-label="Prefix">
                <ol>
                    {way
                        .into_iter()
                        .map(|(name, address)| {
                            view! {
                                <li>
                                    <a class="key" href=address data-noscroll="">
                                        {format::printable(&name)}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()} {rest}
                </ol>
                <a href=close data-noscroll="">
                    "Close"
                </a>
            </nav>
            {content}
        </section>
    }
}

/// Folders first, then objects, and the way to the next page.
#[component]
fn Entries(
    /// Where they are.
    place: Place,
    /// The folders and objects there.
    listing: Listing,
) -> impl IntoView {
    let Listing { prefixes, objects, next } = listing;
    if prefixes.is_empty() && objects.is_empty() {
        return view! { <p class="quiet">"No keys begin with this prefix."</p> }.into_any();
    }
    let more = next.map(|token| Query::parse(&place.address_of(&place.prefix)[1..]).with("token", &token));
    let folders = prefixes.iter().map(|prefix| folder_row(&place, prefix)).collect_view();
    let objects = objects.iter().map(|object| object_row(&place, object)).collect_view();
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Folders and objects">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col" class="number">"Stored"</th>
                        <th scope="col">"Modified (UTC)"</th>
                    </tr>
                </thead>
                <tbody>{folders} {objects}</tbody>
            </table>
        </div>
        {more
            .map(|more| {
                view! {
                    <p>
                        <a href=more.address() data-action="more" data-noscroll="">
                            "More"
                        </a>
                    </p>
                }
            })}
    }
    .into_any()
}

fn folder_row(place: &Place, prefix: &str) -> impl IntoView + use<> {
    view! {
        <tr>
            <td class="key">
                <a class="clamped" href=place.address_of(prefix) data-noscroll="">
                    {format::printable(place.below(prefix))}
                </a>
            </td>
            <td></td>
            <td></td>
        </tr>
    }
}

fn object_row(place: &Place, object: &ListedObject) -> impl IntoView + use<> {
    view! {
        <tr>
            <td class="key">
                <span class="clamped">{format::printable(place.below(&object.key))}</span>
            </td>
            <td class="number">{format::bytes(object.size)}</td>
            <td class="nowrap">{object.modified.as_deref().map(format::minute)}</td>
        </tr>
    }
}

/// A link that was followed is gone with its list: the section takes its focus, so that the keyboard goes on
/// from there.
#[cfg(feature = "hydrate")]
fn keep_focus_in(node: NodeRef<Section>) {
    Effect::new(move |_| {
        let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if let Some(section) = node.get().filter(|_| lost) {
            let _ = section.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn keep_focus_in(_: NodeRef<Section>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, way: &[(&str, &str)], rest: &str) {
        let place = place(&Query::parse(address), "docs").unwrap();
        let (found, left) = place.way();
        let found: Vec<_> = found.iter().map(|(name, to)| (name.as_str(), to.as_str())).collect();
        assert_eq!((found.as_slice(), left), (way, rest));
    }

    #[test]
    fn every_folder_on_the_way_has_its_address() {
        check("browse=1", &[("docs", "?bucket=docs&prefix=&browse=1")], "");
        check(
            "browse=1&prefix=a/b%25/c-&token=t&rule=word",
            &[
                ("docs", "?rule=word&bucket=docs&prefix=&browse=1"),
                ("a/", "?rule=word&bucket=docs&prefix=a%2F&browse=1"),
                ("b%/", "?rule=word&bucket=docs&prefix=a%2Fb%25%2F&browse=1"),
            ],
            "c-",
        );
    }

    #[test]
    fn only_an_address_that_asks_for_it_is_browsed() {
        assert_eq!(place(&Query::parse("bucket=docs&prefix=a"), "docs"), None);
        assert_eq!(place(&Query::parse("browse="), "docs"), None);
        let found = place(&Query::parse("browse=1&bucket=other"), "docs").unwrap();
        assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("other", ""));
        assert_eq!(found.below("a/b"), "a/b");
        let deep = Place { prefix: "a/b-".to_owned(), ..found };
        assert_eq!((deep.below("a/b-1.txt"), deep.below("a/")), ("b-1.txt", "a/"));
    }
}
