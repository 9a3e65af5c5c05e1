//! A run as something that is shared: its pages without JavaScript, its pictures, its link preview.

use std::collections::BTreeSet;

use crate::http::Response;
use crate::site::{Site, error};
use crate::tree::{Tree, text};

/// More objects than an SVG draws as shapes.
const MANY: usize = 5_200;
/// The plot's colour of counted objects in light themes.
const COUNTED: [u8; 3] = [0x0b, 0x5f, 0xad];
const MARKUP: &str = "hostile/<script>alert(1)</script>";

fn ended(site: &Site) -> String {
    let id = site.start(&[]);
    site.ended(&id);
    id
}

/// The value of an attribute, for the first element that begins so.
fn attribute<'a>(html: &'a str, element: &str, name: &str) -> &'a str {
    let from = html.find(element).unwrap_or_else(|| panic!("no {element}: {html}"));
    let element = &html[from..from + html[from..].find('>').unwrap()];
    let value = element.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name}: {element}")).1;
    value.split_once('"').unwrap().0
}

fn bytes(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    response.body.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A PNG's width, height and pixels.
fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width, info.height, pixels.chunks(4).map(|pixel| pixel.try_into().unwrap()).collect())
}

/// Pixels between paper and this colour, nearer to the colour.
fn coloured(pixels: &[[u8; 4]], colour: [u8; 3]) -> usize {
    let near = |pixel: &&[u8; 4]| pixel.iter().zip(colour).all(|(is, should)| is.abs_diff(should) < 120);
    pixels.iter().filter(near).filter(|pixel| pixel[2] > pixel[0] + 60).count()
}

#[test]
fn a_shared_page_is_whole_without_javascript_and_keys_stay_text() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    let html = site.get(&format!("/runs/{id}/scatter")).send().text();
    let total = tree.total("wc");
    assert_eq!(attribute(&html, "data-box=\"words\"", "data-value"), total.words.to_string());
    assert_eq!(attribute(&html, "data-box=\"lines\"", "data-value"), total.lines.to_string());
    let (_, still) = html.split_once("<noscript><svg class=\"still\"").unwrap();
    let (still, _) = still.split_once("</svg></noscript>").unwrap();
    assert_eq!(still.matches("<title>").count() as u64, tree.len());
    assert!(still.contains("<title>hostile/&lt;script&gt;alert(1)&lt;/script&gt;: "), "{still}");
    let (_, table) = html.split_once("<table data-rows").unwrap();
    assert_eq!(table.matches("<tr>").count() as u64, tree.len() + 1);
    assert!(table.contains("hostile/&lt;script&gt;alert(1)&lt;/script&gt;"), "{table}");
    assert!(!html.contains("<script>alert"), "{html}");
    for ending in ["csv", "ndjson", "json", "svg", "png"] {
        assert!(html.contains(&format!("href=\"/runs/{id}.{ending}\"")), "{ending}: {html}");
    }
    let command = format!("curl -OJ 'http://{}/runs/{id}.csv'", site.address);
    assert!(html.contains(&command) || html.contains(&command.replace('\'', "&#x27;")), "{html}");
}

#[test]
fn a_link_previews_as_the_run_with_its_picture() {
    let tree = Tree::small_files(3);
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", "sixteen--letters"]);
    let started =
        site.post("/api/start_run", &[("prefix", "0")]).header("authorization", "Bearer sixteen--letters");
    let id = started.send().json()["id"].as_str().unwrap().to_owned();
    site.ended(&id);
    let page = |query: &str, host: &str| {
        let page = site.get(&format!("/runs/{id}/scatter{query}")).header("host", host);
        page.header("x-forwarded-proto", "https").send().text()
    };
    let html = page("?y=lines&point=1&utm=x", "counts.example");
    let meta = |name: &str| attribute(&html, &format!("<meta property=\"{name}\""), "content");
    assert_eq!(meta("og:title"), "s3://docs/0 · Wordfall");
    assert_eq!(meta("og:type"), "website");
    let words = tree.total("wc").words;
    assert!(meta("og:description").starts_with(&format!("Finished: {words} words and ")), "{html}");
    let image = format!("https://counts.example/runs/{id}.png?y=lines&point=1");
    assert_eq!(meta("og:image").replace("&amp;", "&"), image);
    assert_eq!(attribute(&html, "<meta name=\"twitter:card\"", "content"), "summary_large_image");
    assert_eq!(attribute(&html, "<meta name=\"description\"", "content"), meta("og:description"));
    let hostile = page("", "\"><script>alert(1)</script>");
    assert!(!hostile.contains("og:image\"") && !hostile.contains("<script>alert"), "{hostile}");
}

#[test]
fn pictures_are_files_that_stand_alone() {
    let tree = Tree::varied();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    let svg = site.get(&format!("/runs/{id}.svg?x=lines&scale=linear")).send();
    assert_eq!((svg.status, svg.headers["content-type"].as_str()), (200, "image/svg+xml"));
    assert_eq!(svg.headers["content-disposition"], format!("inline; filename=\"wordfall-{id}.svg\""));
    assert!(svg.headers["content-security-policy"].starts_with("default-src 'none'"));
    let svg = svg.text();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && svg.contains("prefers-color-scheme:dark"));
    assert!(svg.contains("xmlns=\"http://www.w3.org/2000/svg\"") && !svg.contains("var("), "{svg}");
    assert!(svg.contains("Finished: ") && svg.contains("\nlines\n") && !svg.contains("<script"), "{svg}");

    let png = site.get(&format!("/runs/{id}.png")).send();
    assert_eq!((png.status, png.headers["content-type"].as_str()), (200, "image/png"));
    assert_eq!(png.headers["content-disposition"], format!("inline; filename=\"wordfall-{id}.png\""));
    let (width, height, pixels) = decoded(&bytes(png));
    assert_eq!((width, height, pixels[0]), (1200, 630, [255; 4]));
    assert!(coloured(&pixels, COUNTED) > 100);
    let colours: BTreeSet<_> = pixels.iter().collect();
    assert!(colours.len() > 20, "letters have many greys, here are {} colours", colours.len());
}

#[test]
fn many_objects_are_points_of_one_image() {
    let tree = Tree::small_files(MANY);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    // A page waits for no picture of so many.
    let html = site.get(&format!("/runs/{id}/scatter?y=lines")).send().text();
    let (_, still) = html.split_once("<noscript><img class=\"still\"").unwrap();
    assert!(!html.contains("<svg class=\"still\""), "{html}");
    let address = attribute(&format!("<img{still}"), "<img", "src").to_owned();
    assert_eq!(address, format!("/runs/{id}.svg?y=lines"));
    let still = site.get(&address).send().text();
    assert!(still.contains("\nlines\n") && !still.contains("<circle"), "{still}");
    let data = attribute(&still, "<image", "href").strip_prefix("data:image/png;base64,").unwrap();
    let (width, height, pixels) = decoded(&base64(data));
    assert_eq!((width, height, pixels[0]), (2400, 1260, [0; 4]));
    assert!(pixels.iter().filter(|pixel| pixel[3] > 0).count() > 1_000);
    let chosen = site.get(&format!("/runs/{id}.svg?point=5199")).send().text();
    assert!(chosen.contains("class=\"ring\"") && chosen.contains(".txt: "), "{chosen}");
    let (.., pixels) = decoded(&bytes(site.get(&format!("/runs/{id}.png")).send()));
    assert!(coloured(&pixels, COUNTED) > 1_000);
    let (.., pixels) = decoded(&bytes(site.get(&format!("/runs/{id}.png?x0=1e18&x1=1e19")).send()));
    assert_eq!(coloured(&pixels, COUNTED), 0);
}

#[test]
fn exports_of_an_ended_run_are_kept_as_long_as_it_is_there_and_those_of_a_going_one_are_not() {
    let tree = Tree::slow(40);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    for ending in ["json", "csv", "ndjson", "svg", "png"] {
        let export = site.get(&format!("/runs/{id}.{ending}")).send();
        assert_eq!((export.status, export.headers["cache-control"].as_str()), (200, "no-store"), "{ending}");
    }
    site.post("/api/cancel_run", &[("id", &id)]).send();
    site.ended(&id);
    for ending in ["json", "csv", "ndjson", "svg", "png"] {
        let path = format!("/runs/{id}.{ending}");
        let export = site.get(&path).send();
        assert_eq!(export.headers["cache-control"], "private, no-cache", "{ending}");
        let tag = export.headers["etag"].clone();
        assert_eq!(site.get(&path).header("if-none-match", &tag).send().status, 304, "{ending}");
        assert_eq!(site.get(&path).header("if-none-match", "W/\"other\"").send().status, 200, "{ending}");
    }
    let path = format!("/runs/{id}.png");
    let tag = site.get(&path).send().headers["etag"].clone();
    site.post("/api/delete_run", &[("id", &id)]).send();
    assert_eq!(
        site.get(&path).header("if-none-match", &tag).send().status,
        404,
        "what is deleted is not kept"
    );
}

#[test]
fn a_run_without_rows_is_an_empty_frame_and_no_run_is_an_error() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("prefix", "nothing-here")]);
    site.ended(&id);
    let svg = site.get(&format!("/runs/{id}.svg")).send().text();
    assert!(svg.contains("0 words") && !svg.contains("<circle"), "{svg}");
    let (width, height, pixels) = decoded(&bytes(site.get(&format!("/runs/{id}.png")).send()));
    assert_eq!((width, height, coloured(&pixels, COUNTED)), (1200, 630, 0));
    for ending in ["svg", "png"] {
        let unknown = format!("/runs/{}.{ending}", "0".repeat(43));
        let (status, code, _) = error(site.get(&unknown).send());
        assert_eq!((status, code.as_str()), (404, "run_not_found"), "{ending}");
    }
}

#[test]
fn a_view_in_a_link_is_what_the_page_shows() {
    let mut tree = Tree::new();
    tree.add("a.txt", text(1_000));
    tree.add(MARKUP, text(90));
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let number = rows.lines().position(|row| row.contains("script")).unwrap();
    let query = format!("?x=lines&y=bytes_out&scale=linear&point={number}");
    let html = site.get(&format!("/runs/{id}/scatter{query}")).send().text();
    let (_, still) = html.split_once("<svg class=\"still\"").unwrap();
    let (still, _) = still.split_once("</noscript>").unwrap();
    assert!(still.contains("class=\"ring\"") && still.contains("\nbytes decoded\n"), "{still}");
    assert!(still.contains(">hostile/&lt;script&gt;alert(1)&lt;/script&gt;: "), "{still}");
    assert!(html.contains("value=\"bytes_out\" selected"), "{html}");
    assert!(html.replace("&amp;", "&").contains(&format!("href=\"/runs/{id}.png{query}\"")), "{html}");
    for odd in ["?x=&y=%00&scale=&point=-1&x0=nan", "?point=99999999999&x0=5&x1=1", "?x=%ff&&&="] {
        for path in ["/scatter", ".svg", ".png"] {
            assert_eq!(site.get(&format!("/runs/{id}{path}{odd}")).send().status, 200, "{path}{odd}");
        }
    }
}

#[test]
fn the_history_says_when_what_how_it_ended_and_what_it_took() {
    let tree = Tree::small_files(3);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let history = |query: &str| site.get(&format!("/runs{query}")).send().text();
    assert!(history("").contains("No runs here yet") && !history("").contains("<table"));
    let (whole, limited) = (ended(&site), site.start(&[("max_objects", "1")]));
    let (whole_run, limited_run) = (site.ended(&whole), site.ended(&limited));
    let html = history("");
    for (id, run, state) in [(&whole, &whole_run, "finished"), (&limited, &limited_run, "budget")] {
        let row = html.split("<tr>").find(|row| row.contains(id.as_str())).unwrap();
        let begun = run["started_at"].as_str().unwrap()[..16].replace('T', " ");
        assert!(row.contains(&begun) && row.contains("s3://docs/"), "{row}");
        assert!(
            row.contains(&format!("data-state=\"{state}\"")) && row.contains(&format!(">{state}<")),
            "{row}"
        );
        assert!(row.contains(&format!(">{}<", run["words"])), "{row}");
        assert!(row.contains(" ms<") || row.contains(" s<"), "{row}");
        assert!(row.contains(&format!("href=\"/runs/{id}/scatter\"")), "{row}");
    }
    assert!(!html.contains("Newest runs") && history(&format!("?before={limited}")).contains("Newest runs"));
}

#[test]
fn an_address_that_names_no_run_becomes_a_part_of_no_other() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for page in ["/?run=", "/scatter?run="] {
        for id in ["..%2F..%2Fapi%2Flist_runs%3F", "%2F%2Fevil.example%2F", "x%23", "%22%3E%3Cscript%3E"] {
            let response = site.get(&format!("{page}{id}")).header("accept", "text/html").send();
            assert_eq!(response.status, 404);
            let html = response.text();
            assert!(html.contains("There is no run of this id."), "{html}");
            assert!(!html.contains("/runs/..") && !html.contains("=\"//"), "{html}");
        }
    }
}

/// The bytes that base64 text stands for.
fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte: u8| LETTERS.iter().position(|letter| *letter == byte).unwrap() as u32;
    let text = text.trim_end_matches('=').as_bytes();
    let quads = text.chunks(4).map(|quad| {
        let bits = quad.iter().fold(0, |bits, byte| bits << 6 | value(*byte)) << (6 * (4 - quad.len()));
        bits.to_be_bytes()[1..quad.len()].to_vec()
    });
    quads.flatten().collect()
}
