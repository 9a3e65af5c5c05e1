//! Keys that break what does not treat them as bytes.

use std::fs;

use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;

use crate::stand_in::{REACHES, StandIn};

const KEYS: [&str; 14] = [
    "two words",
    "100%",
    "%41",
    "a+b",
    "<script>alert(1)</script>",
    "q?x=1&y=2#z",
    "naïve/日本語/🦀",
    "tab\tnewline\nreturn\r",
    "\u{1}\u{7f}",
    "'\"\\",
    ".hidden",
    "a=b;c,d:e@f!$*()",
    "~tilde",
    "cafe\u{301}",
];

#[tokio::test]
async fn hostile_keys_are_listed_and_read() {
    let stand_in = StandIn::new();
    for key in KEYS {
        stand_in.write(key, key);
    }
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        let page = s3.list_objects_v2().bucket("docs").encoding_type(EncodingType::Url).send().await.unwrap();
        let decode =
            |key: &str| percent_decode_str(&key.replace('+', " ")).decode_utf8().unwrap().into_owned();
        let mut listed: Vec<_> = page.contents().iter().map(|object| decode(object.key().unwrap())).collect();
        let mut expected: Vec<_> = KEYS.iter().map(|key| (*key).to_owned()).collect();
        expected.sort();
        assert_eq!(listed, expected, "in the order of their bytes");
        for key in listed.drain(..) {
            let object = s3.get_object().bucket("docs").key(&key).send().await;
            let object = object.unwrap_or_else(|error| panic!("{key:?} by {reach:?}: {error:?}"));
            assert_eq!(object.body.collect().await.unwrap().into_bytes(), key);
        }
    }
}

#[tokio::test]
async fn a_key_never_leads_out_of_the_mount() {
    let stand_in = StandIn::new();
    fs::write(stand_in.directory.path().join("secret"), "secret").unwrap();
    stand_in.write("inside", "x");
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        for key in
            ["../secret", "inside/../../secret", "/etc/passwd", "./inside", "inside/", "..", "%2e%2e/secret"]
        {
            assert!(s3.get_object().bucket("docs").key(key).send().await.is_err(), "{key} by {reach:?}");
        }
    }
}
