//! ListObjectsV2, in the ways that a client may page through a bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;

use crate::stand_in::{GENERATED_OBJECTS, REACHES, StandIn};

fn keys(page: &ListObjectsV2Output) -> Vec<&str> {
    page.contents().iter().filter_map(|object| object.key()).collect()
}

fn prefixes(page: &ListObjectsV2Output) -> Vec<&str> {
    page.common_prefixes().iter().filter_map(|common| common.prefix()).collect()
}

async fn pages(s3: &Client, bucket: &str) -> Vec<ListObjectsV2Output> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let page = s3.list_objects_v2().bucket(bucket).set_continuation_token(token).send().await.unwrap();
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        pages.push(page);
        if token.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_page_holds_a_thousand_keys_and_a_token_leads_to_the_next() {
    let stand_in = StandIn::new();
    for reach in REACHES {
        let (s3, _) = stand_in.clients(reach).await;
        let pages = pages(&s3, "many").await;
        let counts: Vec<_> = pages.iter().map(|page| page.key_count().unwrap()).collect();
        assert_eq!(counts, [1000, 1000, 500]);
        let listed: Vec<_> = pages.iter().flat_map(keys).collect();
        assert_eq!(listed.len() as u64, GENERATED_OBJECTS);
        assert!(listed.is_sorted());
    }
}

#[tokio::test]
async fn keys_are_ordered_by_their_bytes_and_below_the_prefix() {
    let stand_in = StandIn::new();
    for key in ["b/2", "b/1", "B", "a", "é", "b-", "b0"] {
        stand_in.write(key, "x");
    }
    let s3 = stand_in.s3();
    let page = s3.list_objects_v2().bucket("docs").send().await.unwrap();
    assert_eq!(keys(&page), ["B", "a", "b-", "b/1", "b/2", "b0", "é"]);
    let page = s3.list_objects_v2().bucket("docs").prefix("b/").send().await.unwrap();
    assert_eq!(keys(&page), ["b/1", "b/2"]);
    assert_eq!(page.contents()[0].size(), Some(1));
    assert!(page.contents()[0].e_tag().unwrap().starts_with('"'));
    let page = s3.list_objects_v2().bucket("docs").start_after("b/1").send().await.unwrap();
    assert_eq!(keys(&page), ["b/2", "b0", "é"]);
}

#[tokio::test]
async fn a_delimiter_rolls_keys_up_over_all_pages() {
    let stand_in = StandIn::new();
    for key in ["a", "b/1", "b/2", "c/1", "d"] {
        stand_in.write(key, "x");
    }
    let s3 = stand_in.s3();
    let request = || s3.list_objects_v2().bucket("docs").delimiter("/");
    let page = request().send().await.unwrap();
    assert_eq!((keys(&page), prefixes(&page)), (vec!["a", "d"], vec!["b/", "c/"]));
    assert_eq!(page.key_count(), Some(4));
    let first = request().max_keys(2).send().await.unwrap();
    assert_eq!((keys(&first), prefixes(&first)), (vec!["a"], vec!["b/"]));
    let token = first.next_continuation_token().unwrap();
    let second = request().max_keys(2).continuation_token(token).send().await.unwrap();
    assert_eq!((keys(&second), prefixes(&second)), (vec!["d"], vec!["c/"]));
    assert_eq!(second.is_truncated(), Some(false));
}

#[tokio::test]
async fn url_encoding_spells_keys_as_s3_does() {
    let stand_in = StandIn::new();
    stand_in.write("a b+c%/\u{1}é", "x");
    let request = stand_in.s3().list_objects_v2().bucket("docs").encoding_type(EncodingType::Url);
    let page = request.prefix("a b").send().await.unwrap();
    assert_eq!(keys(&page), ["a+b%2Bc%25/%01%C3%A9"]);
    assert_eq!(page.prefix(), Some("a+b"));
}

#[tokio::test]
async fn max_keys_is_capped_and_may_be_zero() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let page = s3.list_objects_v2().bucket("many").max_keys(5000).send().await.unwrap();
    assert_eq!((page.key_count(), page.max_keys()), (Some(1000), Some(1000)));
    let page = s3.list_objects_v2().bucket("many").max_keys(0).send().await.unwrap();
    assert_eq!((page.key_count(), page.is_truncated()), (Some(0), Some(false)));
    let refused = s3.list_objects_v2().bucket("many").max_keys(-1).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidArgument"));
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused_by_its_code() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let missing = s3.list_objects_v2().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchBucket"));
    let invalid = s3.list_objects_v2().bucket("No_Bucket").send().await.unwrap_err();
    assert_eq!(invalid.code(), Some("InvalidBucketName"));
    let token = s3.list_objects_v2().bucket("many").continuation_token("?").send().await.unwrap_err();
    assert_eq!(token.code(), Some("InvalidArgument"));
}

#[tokio::test]
async fn buckets_are_named_and_located() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let buckets = s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = buckets.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, ["docs", "many", "notes"]);
    s3.head_bucket().bucket("docs").send().await.unwrap();
    assert!(s3.head_bucket().bucket("nowhere").send().await.unwrap_err().into_service_error().is_not_found());
    s3.get_bucket_location().bucket("docs").send().await.unwrap();
}

#[tokio::test]
async fn the_first_version_of_the_listing_works_too() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let page = s3.list_objects().bucket("many").marker("part-0002000.txt").send().await.unwrap();
    assert_eq!(page.contents().len(), 499);
}
