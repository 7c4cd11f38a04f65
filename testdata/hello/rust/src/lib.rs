use serde::{Deserialize, Serialize};
use std::time::Duration;
use wisr_page::{config, fetch, html, Answer, Fallback, Input, Page, Paths, PathsInput, Request, Result};

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    town: String,
}

struct Hello;

impl Page for Hello {
    type Props = Person;

    fn paths(_: &PathsInput) -> Result<Paths> {
        Ok(Paths::new(Fallback::Blocking).path("/hello/ann"))
    }

    fn props(input: &Input) -> Result<Answer<Person>> {
        let answer = fetch(Request::get(config("api") + &input.path))?;
        let result = if answer.status == 404 { Answer::not_found() } else { Answer::props(answer.json()?) };
        Ok(result.revalidate(Duration::from_secs(10)))
    }

    fn render(_: &Input, p: Person, out: &mut Vec<u8>) -> Result<()> {
        html!(out, r#"<!doctype html><html lang="en"><head><title>{}</title></head>"#, p.name);
        html!(out, "<body><h1>Hello, {} in {}!</h1></body></html>", p.name, p.town);
        Ok(())
    }
}

wisr_page::page!(Hello);
