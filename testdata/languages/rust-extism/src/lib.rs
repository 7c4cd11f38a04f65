//! The page of testdata/languages with Extism's own PDK for Rust, as it is on
//! crates.io: nothing of wisr's.

use std::collections::BTreeMap;

use extism_pdk::{config, http, info, plugin_fn, Error, FnResult, HttpRequest, Json};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

#[derive(Deserialize)]
struct Input {
    path: String,
    params: BTreeMap<String, String>,
    locales: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Props {
    name: String,
    title: String,
    lines: Vec<String>,
    greeting: String,
}

#[derive(Deserialize)]
struct Rendered {
    props: Props,
}

#[derive(Deserialize)]
struct Lines {
    lines: Vec<String>,
}

fn setting(key: &str) -> Result<String, Error> {
    Ok(config::get(key)?.unwrap_or_default())
}

#[plugin_fn]
#[allow(non_snake_case)]
pub fn getStaticPaths() -> FnResult<Json<Value>> {
    Ok(Json(json!({ "paths": ["/page/plain", { "params": { "name": "é ☃ 😀" } }], "fallback": "blocking" })))
}

#[plugin_fn]
#[allow(non_snake_case)]
pub fn getStaticProps(Json(input): Json<Input>) -> FnResult<Json<Value>> {
    let name = input.params["name"].clone();
    info!("making page {}", name);
    match name.as_str() {
        "missing" => return Ok(Json(json!({ "notFound": true, "revalidate": 60 }))),
        "moved" => return Ok(Json(json!({ "redirect": { "destination": "/page/plain", "permanent": true } }))),
        "error" => return Err(Error::msg("the shelf is bare: é ☃ 😀").into()),
        "crash" => return Ok(Json(json!(input.locales[name.len()]))),
        _ => {}
    }

    let title = http::request::<()>(&HttpRequest::new(setting("titles")? + &input.path), None)?;
    let lines = http::request(
        &HttpRequest::new(setting("lines")? + "/lines")
            .with_method("POST")
            .with_header("Content-Type", "text/plain; charset=utf-8"),
        Some(name.clone()),
    )?;
    let Lines { lines } = serde_json::from_slice(&lines.body())?;
    Ok(Json(json!({
        "props": Props { name, title: String::from_utf8(title.body())?, lines, greeting: setting("greeting")? },
        "revalidate": 10,
        "tags": ["languages", "séite"],
        "headers": { "Content-Security-Policy": "default-src 'none'" },
    })))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;").replace('\'', "&#39;")
}

#[plugin_fn]
pub fn render(Json(Rendered { props }): Json<Rendered>) -> FnResult<String> {
    let name = escape(&props.name);
    let lines: String = props.lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let script = serde_json::to_string(&props.name)?;
    Ok([
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>"#,
        &escape(&props.title),
        "</title></head><body>",
        &format!(r#"<h1 title="{}">{}, {}</h1><ol>{}</ol>"#, name, escape(&props.greeting), name, lines),
        r#"<script type="application/json">{"name":"#,
        &script.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        "}</script></body></html>",
    ]
    .concat())
}
