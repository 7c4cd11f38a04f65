#include "page.c"

#include <stdio.h>
#include <string.h>

static int failed;

// check calls a function of the page, and looks for a text in what it returns.
static void check(const char *function, const char *input, const char *want) {
    wisr_buffer out = {0};
    if (wisr_call(function, wisr_str(input), &out)) wisr_write(&out, wisr_error());
    wisr_write(&out, (wisr_text){"", 1}); // an end for strstr
    if (strstr(out.at, want)) return;
    printf("%s of %s has no %s:\n%s\n", function, input, want, out.at);
    failed = 1;
}

int main(void) {
    check("getStaticProps", "{\"params\":{\"name\":\"<Zoë>\"}}", "\"letters\":5");
    check("getStaticProps", "{\"params\":{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}",
          "\"notFound\":true");
    check("render", "{\"props\":{\"name\":\"<Zoë>\",\"letters\":5}}", "<h1>Hello, &lt;Zoë&gt;!</h1>");
    check("render", "{\"props\":{\"name\":\"x\",\"letters\":1}}", "has 1 letters");
    return failed;
}
