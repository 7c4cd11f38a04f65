use std::collections::BTreeMap;

use serde::Deserialize;

/// What [`Page::paths`](crate::Page::paths) gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PathsInput {
    /// The pattern of the manifest, such as `/blog/[slug]`.
    pub route: String,
    /// Locales of the site; empty for a site in one language.
    pub locales: Vec<String>,
    pub default_locale: String,
    /// What the previous call returned, "" in the first.
    pub cursor: String,
}

/// What [`Page::props`](crate::Page::props) and [`Page::render`](crate::Page::render) get: which
/// path is made, and why. It holds nothing of a visitor's request: a page is made once for
/// everyone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Input {
    /// The pattern of the manifest, such as `/blog/[slug]`.
    pub route: String,
    /// The path itself, URL-encoded, without locale and base path.
    pub path: String,
    /// The values of the route's parameters, decoded.
    pub params: BTreeMap<String, Param>,
    /// Empty for a site in one language.
    pub locale: String,
    pub locales: Vec<String>,
    pub default_locale: String,
    /// An editor's preview, which is never cached.
    pub draft_mode: bool,
    /// `build`, `stale` or `on-demand`; for props only.
    pub revalidate_reason: String,
    /// The shell of a page that is not ready is made; for render only, and then props are those
    /// that `{}` stands for.
    pub is_fallback: bool,
}

impl Input {
    /// Returns the value of a parameter: "" if there is none, the first one of a list.
    pub fn param(&self, name: &str) -> &str {
        self.param_list(name).first().map_or("", String::as_str)
    }

    /// Returns the values of a parameter, those of `[...path]` for instance.
    pub fn param_list(&self, name: &str) -> &[String] {
        match self.params.get(name) {
            Some(Param::One(value)) => std::slice::from_ref(value),
            Some(Param::Many(values)) => values,
            None => &[],
        }
    }
}

/// A parameter of a route: one value for `[slug]`, any number for `[...path]`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Param {
    One(String),
    Many(Vec<String>),
}
