// JSON. What is read is a tree whose texts are parts of the document, unless they
// held escapes. Reading is recursive, and so bounded in depth.

enum { WISR_DEPTH = 200 };

typedef struct {
    const char *at, *end;
    int depth;
} wisr_reader;

static const wisr_value wisr_none = {WISR_NULL, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, NULL};

static void wisr_space(wisr_reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

static bool wisr_take(wisr_reader *r, char c) {
    wisr_space(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static int wisr_hex(wisr_reader *r) { // four digits, or -1
    int n = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at == r->end) return -1;
        char c = *r->at, low = (char)(c | 32);
        if (c >= '0' && c <= '9')
            n = n * 16 + c - '0';
        else if (low >= 'a' && low <= 'f')
            n = n * 16 + low - 'a' + 10;
        else
            return -1;
    }
    return n;
}

static size_t wisr_utf8(char *to, uint32_t c) {
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) to[i] = (char)(0x80 | (c & 63));
    to[0] = (char)(lead[n] | c);
    return n;
}

// wisr_escape reads what follows a backslash; half of a surrogate pair is U+FFFD.
static size_t wisr_escape(wisr_reader *r, char *to) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end) return 0;
    char c = *r->at++;
    if (c != 'u') {
        for (size_t i = 0; from[i]; i++)
            if (from[i] == c) return *to = into[i], 1;
        return 0;
    }
    int high = wisr_hex(r), low;
    if (high < 0) return 0;
    if (high < 0xd800 || high > 0xdfff) return wisr_utf8(to, (uint32_t)high);
    wisr_reader ahead = *r;
    if (high < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        ahead.at += 2;
        low = wisr_hex(&ahead);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *r = ahead;
            return wisr_utf8(to, 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00));
        }
    }
    return wisr_utf8(to, 0xfffd);
}

// wisr_string reads behind the opening quote. Text without escapes stays where it is.
static bool wisr_string(wisr_reader *r, wisr_text *into) {
    const char *from = r->at;
    while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20) r->at++;
    into->at = from, into->size = (size_t)(r->at - from);
    if (r->at < r->end && *r->at == '"') return r->at++, true;
    const char *close = r->at; // what is decoded is never longer than what stands there
    while (close < r->end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= r->end) return false;
    char *to = (char *)wisr_alloc((size_t)(close - from));
    __builtin_memcpy(to, from, into->size);
    into->at = to;
    while (*r->at != '"') {
        if ((unsigned char)*r->at < 0x20) return false;
        if (*r->at != '\\') {
            to[into->size++] = *r->at++;
            continue;
        }
        r->at++;
        size_t n = wisr_escape(r, to + into->size);
        if (!n) return false;
        into->size += n;
    }
    return r->at++, true;
}

static bool wisr_literal(wisr_reader *r, const char *word) {
    for (; *word; word++, r->at++)
        if (r->at == r->end || *r->at != *word) return false;
    return true;
}

static bool wisr_digits(wisr_reader *r) {
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
    return r->at > from;
}

static bool wisr_number(wisr_reader *r) {
    if (*r->at == '-') r->at++;
    if (!wisr_digits(r)) return false;
    if (r->at < r->end && *r->at == '.' && (r->at++, !wisr_digits(r))) return false;
    if (r->at < r->end && (*r->at | 32) == 'e') {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
        return wisr_digits(r);
    }
    return true;
}

static bool wisr_any(wisr_reader *r, wisr_value *into);

// wisr_members reads behind the opening bracket of a list or an object.
static bool wisr_members(wisr_reader *r, wisr_value *into, char close) {
    const wisr_value **tail = &into->first;
    if (wisr_take(r, close)) return true;
    if (++r->depth > WISR_DEPTH) return false;
    do {
        wisr_value *v = (wisr_value *)wisr_alloc(sizeof *v);
        if (close == '}' && (!wisr_take(r, '"') || !wisr_string(r, &v->key) || !wisr_take(r, ':'))) return false;
        if (!wisr_any(r, v)) return false;
        *tail = v, tail = &v->next;
    } while (wisr_take(r, ','));
    r->depth--;
    return wisr_take(r, close);
}

static bool wisr_any(wisr_reader *r, wisr_value *into) {
    wisr_space(r);
    if (r->at == r->end) return false;
    bool good;
    into->raw.at = r->at;
    switch (*r->at) {
    case '{': r->at++, into->kind = WISR_OBJECT, good = wisr_members(r, into, '}'); break;
    case '[': r->at++, into->kind = WISR_LIST, good = wisr_members(r, into, ']'); break;
    case '"': r->at++, into->kind = WISR_STRING, good = wisr_string(r, &into->text); break;
    case 't': into->kind = WISR_BOOL, good = wisr_literal(r, "true"); break;
    case 'f': into->kind = WISR_BOOL, good = wisr_literal(r, "false"); break;
    case 'n': into->kind = WISR_NULL, good = wisr_literal(r, "null"); break;
    default: into->kind = WISR_NUMBER, good = wisr_number(r);
    }
    into->raw.size = (size_t)(r->at - into->raw.at);
    return good;
}

int wisr_parse(wisr_text document, const wisr_value **into) {
    wisr_reader r = {document.at, document.at + document.size, 0};
    wisr_value *v = (wisr_value *)wisr_alloc(sizeof *v);
    *into = &wisr_none;
    bool good = wisr_any(&r, v);
    wisr_space(&r);
    if (!good || r.at != r.end) {
        wisr_buffer place = {NULL, 0, 0};
        wisr_write_int(&place, r.at - document.at);
        return wisr_fail("not JSON at byte {}", wisr_written(&place));
    }
    *into = v;
    return 0;
}

const wisr_value *wisr_get(const wisr_value *object, const char *key) {
    const wisr_value *found = &wisr_none;
    if (object->kind != WISR_OBJECT) return found;
    for (const wisr_value *v = object->first; v; v = v->next) // of equal keys the last counts, as elsewhere
        if (wisr_equal(v->key, key)) found = v;
    return found;
}

const wisr_value *wisr_first(const wisr_value *list) { return list->first; }
const wisr_value *wisr_next(const wisr_value *element) { return element->next; }
wisr_text wisr_as_text(const wisr_value *v) { return v->text; }
bool wisr_as_bool(const wisr_value *v) { return v->kind == WISR_BOOL && *v->raw.at == 't'; }

int64_t wisr_as_int(const wisr_value *v) {
    if (v->kind != WISR_NUMBER) return 0;
    uint64_t n = 0;
    size_t i = *v->raw.at == '-';
    for (; i < v->raw.size && v->raw.at[i] >= '0' && v->raw.at[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(v->raw.at[i] - '0');
    return (int64_t)(*v->raw.at == '-' ? 0 - n : n);
}

static void wisr_key(wisr_buffer *object, const char *key) {
    if (object->size) wisr_put(object, ",");
    wisr_write_json(object, wisr_str(key));
    wisr_put(object, ":");
}

void wisr_set_text(wisr_buffer *object, const char *key, wisr_text text) {
    wisr_key(object, key);
    wisr_write_json(object, text);
}

void wisr_set_int(wisr_buffer *object, const char *key, int64_t n) {
    wisr_key(object, key);
    wisr_write_int(object, n);
}

void wisr_set_bool(wisr_buffer *object, const char *key, bool yes) {
    wisr_key(object, key);
    wisr_put(object, yes ? "true" : "false");
}

void wisr_set_json(wisr_buffer *object, const char *key, wisr_text json) {
    wisr_key(object, key);
    wisr_write(object, json);
}
