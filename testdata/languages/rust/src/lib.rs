//! The page of testdata/languages in Rust.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wisr_page::{config, fetch_all, html, info, script_json};
use wisr_page::{Answer, Fallback, Input, Page, Paths, PathsInput, Request, Result};

struct Common;

#[derive(Serialize, Deserialize)]
struct Props {
    name: String,
    title: String,
    lines: Vec<String>,
    greeting: String,
}

impl Page for Common {
    type Props = Props;

    fn paths(_: &PathsInput) -> Result<Paths> {
        Ok(Paths::new(Fallback::Blocking).path("/page/plain").params([("name", "é ☃ 😀")]))
    }

    fn props(input: &Input) -> Result<Answer<Props>> {
        let name = input.param("name");
        info!("making page {}", name);
        match name {
            "missing" => return Ok(Answer::not_found().revalidate(Duration::from_secs(60))),
            "moved" => return Ok(Answer::redirect("/page/plain", 308)),
            "error" => return Err("the shelf is bare: é ☃ 😀".into()),
            "crash" => return Ok(Answer::redirect(&input.locales[name.len()], 308)),
            _ => {}
        }

        #[derive(Deserialize)]
        struct Lines {
            lines: Vec<String>,
        }
        let mut answers = fetch_all(&[
            Request::get(config("titles") + &input.path),
            Request::post(config("lines") + "/lines", name).header("Content-Type", "text/plain; charset=utf-8"),
        ])?;
        let Lines { lines } = answers[1].json()?;
        let title = answers.swap_remove(0).text()?;
        Ok(Answer::props(Props { name: name.to_owned(), title, lines, greeting: config("greeting") })
            .revalidate(Duration::from_secs(10))
            .tag("languages")
            .tag("séite")
            .header("Content-Security-Policy", "default-src 'none'"))
    }

    fn render(_: &Input, props: Props, out: &mut Vec<u8>) -> Result<()> {
        html!(
            out,
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>{}</title></head><body>"#,
            props.title
        );
        html!(out, r#"<h1 title="{}">{}, {}</h1><ol>"#, props.name, props.greeting, props.name);
        for line in &props.lines {
            html!(out, "<li>{}</li>", line);
        }
        let name = script_json(&props.name)?;
        out.extend_from_slice(b"</ol><script type=\"application/json\">{\"name\":");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"}</script></body></html>");
        Ok(())
    }
}

wisr_page::page!(Common);
