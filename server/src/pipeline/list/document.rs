//! The document of an answer, as it came: the SDK's own reading of it is not enough to judge it by.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::SdkBody;
use axum::body::Bytes;
use http_body_util::Limited;

/// Bytes of an answer at most: 1,000 keys of 1 KiB, each byte written as six, are less than half.
pub(super) const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// Keeps the body of the last answer to one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Document(Arc<Mutex<Bytes>>);

impl Document {
    /// The body, where one came.
    pub(super) fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Document {
    fn name(&self) -> &'static str {
        "Document"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        *body = std::mem::replace(body, SdkBody::taken())
            .map(|body| SdkBody::from_body_1_x(Limited::new(body, DOCUMENT_BYTES_MAX)));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}
