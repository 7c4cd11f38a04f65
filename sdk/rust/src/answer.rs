use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::Result;

/// What [`Page::props`](crate::Page::props) returns: the data of a page, or that there is none, or
/// where it is; and how long that holds.
///
/// ```
/// # use {std::time::Duration, wisr_page::{Answer, Empty}};
/// let post = Answer::props(Empty {}).revalidate(Duration::from_secs(60)).tag("posts");
/// let gone = Answer::<Empty>::not_found();
/// let moved = Answer::<Empty>::redirect("/blog/new", 308);
/// ```
#[derive(Clone, Debug)]
pub struct Answer<P> {
    kind: Kind<P>,
    revalidate: Duration,
    expire: Duration,
    tags: Vec<String>,
    headers: BTreeMap<String, String>,
    status: u16,
}

#[derive(Clone, Debug)]
enum Kind<P> {
    Props(P),
    Empty,
    NotFound,
    Redirect(Redirect),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Redirect {
    destination: String,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_path: Option<bool>,
}

impl<P> Answer<P> {
    /// A page with these props.
    pub fn props(props: P) -> Self {
        Self::of(Kind::Props(props))
    }

    /// The site's 404 page.
    pub fn not_found() -> Self {
        Self::of(Kind::NotFound)
    }

    /// A redirect to a path of this site or an http(s) URL, with 301, 302, 303, 307 or 308.
    pub fn redirect(destination: impl Into<String>, status: u16) -> Self {
        Self::of(Kind::Redirect(Redirect { destination: destination.into(), status_code: status, base_path: None }))
    }

    pub(crate) fn empty() -> Self {
        Self::of(Kind::Empty)
    }

    fn of(kind: Kind<P>) -> Self {
        Answer {
            kind,
            revalidate: Duration::ZERO,
            expire: Duration::ZERO,
            tags: Vec::new(),
            headers: BTreeMap::new(),
            status: 0,
        }
    }

    /// The age, in whole seconds, at which the page is made anew behind the next visitor's back.
    /// Without it: only on demand.
    pub fn revalidate(mut self, age: Duration) -> Self {
        self.revalidate = age;
        self
    }

    /// The age, in whole seconds, past which a visitor rather waits for a fresh page. Without it:
    /// the site's setting.
    pub fn expire(mut self, age: Duration) -> Self {
        self.expire = age;
        self
    }

    /// Adds a name by which many pages are revalidated at once.
    pub fn tag(mut self, name: impl Into<String>) -> Self {
        self.tags.push(name.into());
        self
    }

    /// Sets a header of the response.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the status of the response, which else is 200.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Leaves the site's base path off a redirect.
    pub fn without_base_path(mut self) -> Self {
        if let Kind::Redirect(to) = &mut self.kind {
            to.base_path = Some(false);
        }
        self
    }
}

#[derive(Serialize)]
struct Encoded<'a, P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    props: Option<Props<'a, P>>,
    #[serde(rename = "notFound", skip_serializing_if = "is_zero")]
    not_found: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<&'a Redirect>,
    #[serde(skip_serializing_if = "is_zero")]
    revalidate: u64,
    #[serde(skip_serializing_if = "is_zero")]
    expire: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_zero")]
    status: u16,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Props<'a, P> {
    Some(&'a P),
    Empty(crate::Empty),
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl<P: Serialize> Answer<P> {
    /// Gives the JSON of the page contract. What gets lost on the way to JSON is checked here, all
    /// else by wisr.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let encoded = serde_json::to_vec(&Encoded {
            props: match &self.kind {
                Kind::Props(props) => Some(Props::Some(props)),
                Kind::Empty => Some(Props::Empty(crate::Empty {})),
                _ => None,
            },
            not_found: matches!(self.kind, Kind::NotFound),
            redirect: match &self.kind {
                Kind::Redirect(to) => Some(to),
                _ => None,
            },
            revalidate: seconds("revalidate", self.revalidate)?,
            expire: seconds("expire", self.expire)?,
            tags: &self.tags,
            headers: &self.headers,
            status: self.status,
        })
        .map_err(|error| format!("props: {}", error))?;
        if matches!(self.kind, Kind::Props(_)) && !encoded.starts_with(br#"{"props":{"#) {
            let name = std::any::type_name::<P>();
            return Err(format!("the props, of type {}, are no JSON object: use a struct or a map", name).into());
        }
        Ok(encoded)
    }
}

fn seconds(what: &str, age: Duration) -> Result<u64> {
    if age.subsec_nanos() != 0 {
        return Err(format!("{} is {:?}: want whole seconds", what, age).into());
    }
    Ok(age.as_secs())
}
