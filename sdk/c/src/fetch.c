// Requests to other servers.

static wisr_text wisr_method(const wisr_request *r) { return r->method.size ? r->method : wisr_str("GET"); }

// wisr_no_answer adds a request to the reason of a failure, without its query, which may hold a key.
static void wisr_no_answer(wisr_buffer *reasons, const wisr_request *r, wisr_text why) {
    wisr_text url = r->url;
    for (size_t i = 0; i < url.size; i++)
        if (url.at[i] == '?') url.size = i;
    if (reasons->size) wisr_put(reasons, "\n");
    wisr_write(reasons, wisr_format("fetch {} {}: {}", wisr_method(r), url, why));
}

#if defined __wasm__ && !defined WISR_EXTISM
WISR_IMPORT("wisr", "fetch_all") uint32_t wisr_host_fetch_all(const void *at, uint32_t size);
WISR_IMPORT("wisr", "fetch_read") uint32_t wisr_host_fetch_read(void *at, uint32_t size);

// wisr_exchange_frames: a frame is four bytes with the length of a JSON array, the array, and
// the bodies of its members, in both directions.
static wisr_text wisr_exchange_frames(wisr_text array, const wisr_request *requests, size_t count) {
    wisr_buffer frame = {NULL, 0, 0};
    uint32_t length = (uint32_t)array.size;
    wisr_text head = {(const char *)&length, 4};
    wisr_write(&frame, head);
    wisr_write(&frame, array);
    for (size_t i = 0; i < count; i++) wisr_write(&frame, requests[i].body);
    uint32_t size = wisr_host_fetch_all(frame.at, (uint32_t)frame.size);
    char *at = (char *)wisr_alloc(size);
    wisr_host_fetch_read(at, size);
    wisr_text t = {at, size};
    return t;
}

static int wisr_exchange(const wisr_request *requests, wisr_response *answers, size_t count) {
    wisr_buffer array = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        wisr_buffer one = {NULL, 0, 0};
        wisr_set_text(&one, "url", requests[i].url);
        wisr_set_text(&one, "method", wisr_method(&requests[i]));
        wisr_set_json(&one, "headers", wisr_format("{{}}", wisr_written(&requests[i].headers)));
        wisr_set_int(&one, "body", (int64_t)requests[i].body.size);
        wisr_write(&array, wisr_format(i ? ",{{}}" : "{{}}", wisr_written(&one)));
    }
    wisr_text frame = wisr_exchange_frames(wisr_format("[{}]", wisr_written(&array)), requests, count);
    uint32_t length = 0;
    if (frame.size >= 4) __builtin_memcpy(&length, frame.at, 4);
    if (frame.size < 4 || length > frame.size - 4) return wisr_fail("fetch: the host's answer is broken");
    wisr_text list = {frame.at + 4, length};
    const char *body = list.at + length, *end = frame.at + frame.size;
    const wisr_value *v;
    if (wisr_parse(list, &v)) return 1;
    v = wisr_first(v);
    for (size_t i = 0; i < count; i++, v = wisr_next(v)) {
        size_t size = v ? (size_t)wisr_as_int(wisr_get(v, "body")) : 0;
        if (!v || size > (size_t)(end - body)) return wisr_fail("fetch: the host's answer is broken");
        answers[i].status = (int)wisr_as_int(wisr_get(v, "status"));
        answers[i].headers = wisr_get(v, "headers");
        answers[i].error = wisr_as_text(wisr_get(v, "error"));
        answers[i].body.at = body, answers[i].body.size = size;
        body += size;
    }
    return 0;
}
#else

#ifdef __wasm__
WISR_EXTISM_IMPORT("http_request") uint64_t wisr_ext_http_request(uint64_t request, uint64_t body);
WISR_EXTISM_IMPORT("http_status_code") uint32_t wisr_ext_http_status_code(void);

static int wisr_exchange_one(const wisr_request *r, wisr_response *a) {
    wisr_buffer one = {NULL, 0, 0};
    wisr_set_text(&one, "url", r->url);
    wisr_set_text(&one, "method", wisr_method(r));
    wisr_set_json(&one, "headers", wisr_format("{{}}", wisr_written(&r->headers)));
    a->body =
        wisr_take_block(wisr_ext_http_request(wisr_give(wisr_format("{{}}", wisr_written(&one))), wisr_give(r->body)));
    a->status = (int)wisr_ext_http_status_code();
    a->headers = &wisr_none; // a later function of Extism's, which not every host has
    return 0;
}
#else
static int wisr_exchange_one(const wisr_request *r, wisr_response *a) {
    if (!wisr_host.fetch) return wisr_fail("there is no wisr around this program: in a test, set wisr_host.fetch");
    a->headers = &wisr_none;
    if (wisr_host.fetch(r, a)) a->status = 0, a->error = wisr_reason;
    return 0;
}
#endif

static int wisr_exchange(const wisr_request *requests, wisr_response *answers, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (wisr_exchange_one(&requests[i], &answers[i])) return 1;
    return 0;
}
#endif

int wisr_fetch_all(const wisr_request *requests, wisr_response *answers, size_t count) {
    wisr_buffer reasons = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        const wisr_response none = {0, &wisr_none, {NULL, 0}, {NULL, 0}};
        answers[i] = none;
        if (!requests[i].url.size) return wisr_fail("fetch: the request has no url");
    }
    if (count && wisr_exchange(requests, answers, count)) return 1;
    for (size_t i = 0; i < count; i++)
        if (!answers[i].status) wisr_no_answer(&reasons, &requests[i], answers[i].error);
    return reasons.size ? wisr_fail_text(wisr_written(&reasons)) : 0;
}
