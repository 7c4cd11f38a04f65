use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// What a visitor gets on a path that [`Page::paths`](crate::Page::paths) did not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// 404, without running the page.
    False,
    /// A shell at once ([`Input::is_fallback`](crate::Input)), and the page when it is ready.
    True,
    /// The page, after a wait.
    Blocking,
}

/// Which paths exist.
#[derive(Clone, Debug)]
pub struct Paths {
    paths: Vec<Path>,
    fallback: Fallback,
    cursor: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Path {
    Path(String),
    Params {
        params: BTreeMap<String, Value>,
        #[serde(skip_serializing_if = "String::is_empty")]
        locale: String,
    },
}

impl Paths {
    pub fn new(fallback: Fallback) -> Self {
        Paths { paths: Vec::new(), fallback, cursor: String::new() }
    }

    /// Adds a path as in a URL: encoded, without base path. A first segment that is a locale of
    /// the site selects that locale.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(Path::Path(path.into()));
        self
    }

    /// Adds a path by the values of its parameters, which need no encoding: a string each, or a
    /// list for `[...path]`.
    pub fn params<K: Into<String>, V: Into<Value>>(self, params: impl IntoIterator<Item = (K, V)>) -> Self {
        self.params_in("", params)
    }

    /// Does what [`params`](Self::params) does, in a locale that is not the default one.
    pub fn params_in<K: Into<String>, V: Into<Value>>(
        mut self,
        locale: &str,
        params: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.paths.push(Path::Params {
            params: params.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            locale: locale.to_owned(),
        });
        self
    }

    /// Asks to be called again with this text in [`PathsInput::cursor`](crate::PathsInput), for a
    /// list too long for one answer.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = cursor.into();
        self
    }

    pub(crate) fn encode(&self) -> crate::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Encoded<'a> {
            paths: &'a [Path],
            fallback: Value,
            #[serde(skip_serializing_if = "str::is_empty")]
            cursor: &'a str,
        }
        let fallback = match self.fallback {
            Fallback::False => false.into(),
            Fallback::True => true.into(),
            Fallback::Blocking => "blocking".into(),
        };
        Ok(serde_json::to_vec(&Encoded { paths: &self.paths, fallback, cursor: &self.cursor })?)
    }
}
