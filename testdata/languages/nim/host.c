// The way from Nim to the host and back: texts go by wisr.h of sdk/c, and the
// three functions are one of Nim's, page_call.
#define WISR_IMPLEMENTATION
#define WISR_CALL
#include "wisr.h"

void NimMain(void);
int page_call(int function, wisr_text input, wisr_text *output);

__attribute__((constructor)) static void start(void) { NimMain(); }

wisr_text page_config(wisr_text key) {
    char *name = wisr_alloc(key.size + 1);
    __builtin_memcpy(name, key.at, key.size);
    return wisr_config(name);
}

void page_log(wisr_text text) { wisr_log_text(WISR_INFO, text); }

wisr_text page_error(void) { return wisr_error(); }

int page_fetch(wisr_text title_url, wisr_text lines_url, wisr_text body, wisr_text *title, wisr_text *lines) {
    wisr_request requests[] = {{.url = title_url}, {.method = wisr_str("POST"), .url = lines_url, .body = body}};
    wisr_response answers[2];
    wisr_set_text(&requests[1].headers, "Content-Type", wisr_str("text/plain; charset=utf-8"));
    if (wisr_fetch_all(requests, answers, 2)) return 1;
    *title = answers[0].body;
    *lines = answers[1].body;
    return 0;
}

int wisr_call(const char *function, wisr_text input, wisr_buffer *output) {
    wisr_text made;
    int which = wisr_equal(wisr_str(function), "getStaticPaths")   ? 0
                : wisr_equal(wisr_str(function), "getStaticProps") ? 1
                                                                   : 2;
    if (page_call(which, input, &made)) return wisr_fail_text(made);
    wisr_write(output, made);
    return 0;
}
