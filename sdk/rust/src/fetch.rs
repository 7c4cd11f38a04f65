use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::{host, Result};

/// A request to another server.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// http or https, listed in `[fetch]` allow of the manifest.
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Request { method: method.into(), url: url.into(), headers: BTreeMap::new(), body: Vec::new() }
    }

    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Request { body: body.into(), ..Self::new("POST", url) }
    }

    /// Sets a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }
}

/// What the other server answered, whatever its status.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    /// Names in lower case. With the feature `extism` there are none.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn text(self) -> Result<String> {
        Ok(String::from_utf8(self.body)?)
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// Asks another server. An answer like 404 is a [`Response`], not an error. It is an error that there
/// is no answer: the server is not there, is too slow, or sends too much.
///
/// What is wrong with the request itself ends the generation there and then: a URL that the
/// manifest does not allow, say. Secrets do not belong in a page: put them in `[fetch.headers]` of the
/// manifest, and wisr adds them outside of the sandbox.
pub fn fetch(request: Request) -> Result<Response> {
    Ok(fetch_all(&[request])?.remove(0))
}

/// Makes several requests that do not need one another's answers. They are under way at the same
/// time, and the responses come in their order. The error tells of all that had no answer.
pub fn fetch_all(requests: &[Request]) -> Result<Vec<Response>> {
    let mut responses = Vec::with_capacity(requests.len());
    let mut failures = Vec::new();
    for answer in try_fetch_all(requests)? {
        match answer {
            Ok(response) => responses.push(response),
            Err(error) => failures.push(error.to_string()),
        }
    }
    if failures.is_empty() {
        Ok(responses)
    } else {
        Err(failures.join("\n").into())
    }
}

/// Does what [`fetch_all`] does for a page that can do without some of the answers.
pub fn try_fetch_all(requests: &[Request]) -> Result<Vec<Result<Response>>> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let answers = host::exchange(requests)?;
    Ok(requests.iter().zip(answers).map(|(request, answer)| answer.map_err(|why| no_answer(request, &why))).collect())
}

fn no_answer(request: &Request, why: &str) -> crate::Error {
    // The query of a URL may hold a key.
    let url = request.url.split('?').next().unwrap_or_default();
    format!("fetch {} {}: {}", request.method, url, why).into()
}
