//! A stand-in for wisr where a page runs as an ordinary program: in its tests.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::frame::Answer;
use crate::{Level, Request, Response, Result};

type Fetch = Box<dyn Fn(&Request) -> Result<Response>>;

/// What stands in for wisr.
///
/// ```
/// use wisr_page::{testing::Host, Request, Response};
///
/// let _host = Host::new()
///     .config("api", "https://api.example")
///     .fetch(|r| Ok(Response { status: 200, body: r.url.clone().into(), ..Response::default() }))
///     .install();
/// let answer = wisr_page::fetch(Request::get(wisr_page::config("api"))).unwrap();
/// assert_eq!(answer.text().unwrap(), "https://api.example");
/// ```
#[derive(Default)]
pub struct Host {
    config: HashMap<String, String>,
    fetch: Option<Fetch>,
    log: Vec<(Level, String)>,
}

thread_local! {
    static CURRENT: RefCell<Host> = RefCell::default();
}

impl Host {
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what `wisr_page::config` returns for a key.
    pub fn config(mut self, key: &str, value: &str) -> Self {
        self.config.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets what answers the requests of a page. Without it every request fails.
    pub fn fetch(mut self, answer: impl Fn(&Request) -> Result<Response> + 'static) -> Self {
        self.fetch = Some(Box::new(answer));
        self
    }

    /// Puts the host in place, for this thread, until what it returns is dropped.
    #[must_use]
    pub fn install(self) -> Installed {
        CURRENT.with(|current| *current.borrow_mut() = self);
        Installed(())
    }
}

/// A host in place; see [`Host::install`].
pub struct Installed(());

impl Installed {
    /// Returns the lines that were logged since the host was put in place.
    pub fn log(&self) -> Vec<(Level, String)> {
        CURRENT.with(|current| current.borrow().log.clone())
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        CURRENT.with(|current| *current.borrow_mut() = Host::default());
    }
}

pub(crate) fn config(key: &str) -> String {
    CURRENT.with(|current| current.borrow().config.get(key).cloned().unwrap_or_default())
}

pub(crate) fn log(level: Level, text: &str) {
    CURRENT.with(|current| current.borrow_mut().log.push((level, text.to_owned())));
}

pub(crate) fn exchange(requests: &[Request]) -> Result<Vec<Answer>> {
    CURRENT.with(|current| match &current.borrow().fetch {
        Some(fetch) => Ok(requests.iter().map(|r| fetch(r).map_err(|error| error.to_string())).collect()),
        None => Err("there is no wisr around this program: in a test, install a testing::Host with fetch".into()),
    })
}
