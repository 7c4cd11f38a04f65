## The page of testdata/languages in Nim, with its standard library. host.c is its way
## to the host: the three functions take and give JSON, as the contract has it.

import std/[json, strutils]

{.compile: "host.c".}

type
  Text {.bycopy.} = object
    at: cstring
    size: csize_t
  Failure = object of CatchableError

proc hostConfig(key: Text): Text {.importc: "page_config".}
proc hostLog(text: Text) {.importc: "page_log".}
proc hostFetch(titleUrl, linesUrl, body: Text, title, lines: ptr Text): cint {.importc: "page_fetch".}
proc hostError(): Text {.importc: "page_error".}

proc text(s: string): Text =
  Text(at: s.cstring, size: s.len.csize_t)

proc `$`(t: Text): string =
  result = newString(t.size.int)
  if t.size > 0: copyMem(result[0].addr, t.at, t.size)

proc config(key: string): string = $hostConfig(key.text)

proc getStaticPaths(input: JsonNode): string =
  $ %*{"paths": ["/page/plain", {"params": {"name": "é ☃ 😀"}}], "fallback": "blocking"}

proc getStaticProps(input: JsonNode): string =
  let name = input["params"]["name"].getStr
  hostLog(text("making page " & name))
  case name
  of "missing": return $ %*{"notFound": true, "revalidate": 60}
  of "moved": return $ %*{"redirect": {"destination": "/page/plain", "permanent": true}}
  of "error": raise newException(Failure, "the shelf is bare: é ☃ 😀")
  of "crash": return input["locales"].elems[name.len].getStr
  else: discard

  var title, lines: Text
  let titleUrl = config("titles") & input["path"].getStr
  let linesUrl = config("lines") & "/lines"
  if hostFetch(titleUrl.text, linesUrl.text, name.text, title.addr, lines.addr) != 0:
    raise newException(Failure, $hostError())
  $ %*{
    "props": {
      "name": name,
      "title": $title,
      "lines": parseJson($lines)["lines"],
      "greeting": config("greeting")
    },
    "revalidate": 10,
    "tags": ["languages", "séite"],
    "headers": {"Content-Security-Policy": "default-src 'none'"}
  }

func escape(s: string): string =
  s.multiReplace(("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;"))

func forScript(json: string): string =
  json.multiReplace(("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"))

proc render(input: JsonNode): string =
  let props = input["props"]
  let name = props["name"].getStr.escape
  result = """<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>"""
  result.add props["title"].getStr.escape & "</title></head><body>"
  result.add "<h1 title=\"" & name & "\">" & props["greeting"].getStr.escape & ", " & name & "</h1><ol>"
  for line in props["lines"]:
    result.add "<li>" & line.getStr.escape & "</li>"
  result.add """</ol><script type="application/json">{"name":""" & forScript($props["name"])
  result.add "}</script></body></html>"

var made: string # of the running call; the host copies it

proc call(function: cint, input: Text, output: ptr Text): cint {.exportc: "page_call".} =
  ## Runs a function. What it raises is its failure.
  try:
    let json = parseJson($input)
    made = case function
      of 0: getStaticPaths(json)
      of 1: getStaticProps(json)
      else: render(json)
    result = 0
  except CatchableError, Defect:
    made = getCurrentExceptionMsg()
    result = 1
  output[] = made.text
