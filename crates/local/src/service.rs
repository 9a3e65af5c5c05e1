//! One address for both: Lambda's paths go to Lambda, all others to S3.

use http::{Method, Request, Response, StatusCode};
use s3s::service::S3Service;
use s3s::{Body, HttpError};

use crate::faults::Faults;
use crate::lambda::{Lambda, request};

/// Both emulators behind one address. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) s3: S3Service,
    pub(crate) lambda: Lambda,
    pub(crate) faults: Option<Faults>,
}

impl Service {
    pub(crate) async fn call(&self, request: Request<Body>) -> Result<Response<Body>, HttpError> {
        if request::is_ours(request.uri().path()) {
            return Ok(self.lambda.serve(request).await);
        }
        let head = request.method() == Method::HEAD;
        let response = match &self.faults {
            Some(faults) => faults.call(&self.s3, request).await?,
            None => self.s3.call(request).await?,
        };
        let bodiless = head || response.status() == StatusCode::NOT_MODIFIED;
        Ok(if bodiless { response.map(|_| Body::empty()) } else { response })
    }
}
