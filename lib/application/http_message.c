/* SPDX-License-Identifier: MIT */
/*
 * Reads the head of an HTTP message strictly; see http_message.h. (RFC 9112)
 *
 * In the order in which bytes meet it: the scan finds where the head ends, the start line is
 * taken apart, then each field line; what the fields say about framing is weighed at the end,
 * when all of them are known.
 */
#include "http_message.h"

#include <string.h>

static const struct {
    int status;
    const char *text;
} faults[NETL_HTTP_FAULTS] = {
    [NETL_HTTP_FINE] = {200, "nothing is wrong"},
    [NETL_HTTP_MORE] = {400, "the message is not complete"},
    [NETL_HTTP_BARE_LF] = {400, "a line ends with LF alone"},
    [NETL_HTTP_BARE_CR] = {400, "a CR stands without its LF"},
    [NETL_HTTP_NUL] = {400, "a 0 byte stands in the head"},
    [NETL_HTTP_START_LINE] = {400, "the first line is not what HTTP asks for"},
    [NETL_HTTP_METHOD] = {400, "the method is no token"},
    [NETL_HTTP_TARGET] = {400, "the target is neither a path nor a URL"},
    [NETL_HTTP_VERSION] = {400, "the first line names no version of HTTP"},
    [NETL_HTTP_VERSION_NEW] = {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"},
    [NETL_HTTP_STATUS] = {400, "the status is not three digits from 100 up"},
    [NETL_HTTP_FOLDED] = {400, "a field is folded over two lines"},
    [NETL_HTTP_FIELD_NAME] = {400, "a field name is no token"},
    [NETL_HTTP_SPACE_BEFORE_COLON] = {400, "a space stands before the colon of a field"},
    [NETL_HTTP_FIELD_VALUE] = {400, "a field value has a control character"},
    [NETL_HTTP_NO_HOST] = {400, "HTTP/1.1 needs a Host field"},
    [NETL_HTTP_TWO_HOSTS] = {400, "there are two Host fields"},
    [NETL_HTTP_BAD_HOST] = {400, "the Host field holds no host"},
    [NETL_HTTP_LENGTH] = {400, "Content-Length is not a plain number"},
    [NETL_HTTP_TWO_LENGTHS] = {400, "there are two Content-Length fields"},
    [NETL_HTTP_LENGTH_AND_CODING] = {400, "Content-Length and Transfer-Encoding contradict"},
    [NETL_HTTP_CODING] = {501, "only the transfer coding chunked is known here"},
    [NETL_HTTP_CODING_ORDER] = {400, "Transfer-Encoding leaves the end of the body open"},
    [NETL_HTTP_TARGET_LONG] = {414, "the first line is too long"},
    [NETL_HTTP_HEAD_LONG] = {431, "the header fields are too large"},
    [NETL_HTTP_CHUNK_SIZE] = {400, "a chunk size is not a plain hexadecimal number"},
    [NETL_HTTP_CHUNK_LONG] = {400, "chunk extensions or trailers are too long"},
    [NETL_HTTP_CHUNK_END] = {400, "a chunk does not end where its size says"},
    [NETL_HTTP_TRAILER] = {400, "a trailer line is no field"},
    [NETL_HTTP_BODY_LARGE] = {413, "the body is too large"},
    [NETL_HTTP_EXPECTATION] = {417, "only the expectation 100-continue can be met"},
};

int netl_http_fault_status(enum netl_http_fault fault)
{
    return (unsigned)fault < NETL_HTTP_FAULTS ? faults[fault].status : 400;
}

const char *netl_http_fault_text(enum netl_http_fault fault)
{
    return (unsigned)fault < NETL_HTTP_FAULTS ? faults[fault].text : "unknown";
}

/* ── small things ───────────────────────────────────────────────────────────────────────── */

bool netl_http_token_char(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool netl_http_is(const struct netl_http_slice *slice, const char *text)
{
    size_t length = strlen(text);
    return slice->length == length && (length == 0 || memcmp(slice->bytes, text, length) == 0);
}

bool netl_http_is_anycase(const struct netl_http_slice *slice, const char *text)
{
    for (size_t i = 0; i < slice->length; i++)
        if (text[i] == 0 || lower(slice->bytes[i]) != lower(text[i]))
            return false;
    return text[slice->length] == 0;
}

bool netl_http_number(const struct netl_http_slice *digits, uint64_t *number)
{
    uint64_t sum = 0;
    if (digits->length == 0)
        return false;
    for (size_t i = 0; i < digits->length; i++) {
        char c = digits->bytes[i];
        if (c < '0' || c > '9' || sum > (INT64_MAX - 9) / 10)
            return false;
        sum = sum * 10 + (uint64_t)(c - '0');
    }
    *number = sum;
    return true;
}

static struct netl_http_slice trim(struct netl_http_slice slice)
{
    while (slice.length > 0 && (slice.bytes[0] == ' ' || slice.bytes[0] == '\t'))
        slice.bytes++, slice.length--;
    while (slice.length > 0 &&
           (slice.bytes[slice.length - 1] == ' ' || slice.bytes[slice.length - 1] == '\t'))
        slice.length--;
    return slice;
}

bool netl_http_list_next(struct netl_http_slice *rest, struct netl_http_slice *element)
{
    while (rest->length > 0) {
        size_t end = 0;
        bool quoted = false;
        for (; end < rest->length && (quoted || rest->bytes[end] != ','); end++)
            if (rest->bytes[end] == '"')
                quoted = !quoted;
            else if (quoted && rest->bytes[end] == '\\' && end + 1 < rest->length)
                end++;
        *element = trim((struct netl_http_slice){rest->bytes, end});
        size_t used = end < rest->length ? end + 1 : end;
        rest->bytes += used;
        rest->length -= used;
        if (element->length > 0) /* empty elements are ignored (RFC 9110 §5.6.1.2) */
            return true;
    }
    return false;
}

const struct netl_http_slice *netl_http_find(const struct netl_http_head *head, const char *name)
{
    for (size_t i = 0; i < head->fields; i++)
        if (netl_http_is_anycase(&head->field[i].name, name))
            return &head->field[i].value;
    return NULL;
}

bool netl_http_lists(const struct netl_http_head *head, const char *name, const char *word)
{
    for (size_t i = 0; i < head->fields; i++) {
        struct netl_http_slice rest = head->field[i].value, element;
        if (!netl_http_is_anycase(&head->field[i].name, name))
            continue;
        while (netl_http_list_next(&rest, &element))
            if (netl_http_is_anycase(&element, word))
                return true;
    }
    return false;
}

/* ── where the head ends ────────────────────────────────────────────────────────────────── */

static enum netl_http_fault scan_limits(const struct netl_http_scan *scan, size_t length,
                                        const struct netl_http_limits *limits)
{
    if (scan->line == scan->start && length - scan->start > limits->start_line)
        return NETL_HTTP_TARGET_LONG;
    return length > limits->head ? NETL_HTTP_HEAD_LONG : NETL_HTTP_FINE;
}

/* At the LF of a line. FINE when the head ends here, MORE when it goes on. */
static enum netl_http_fault scan_line_end(struct netl_http_scan *scan, const char *bytes, size_t at,
                                          const struct netl_http_limits *limits)
{
    if (at == scan->line || bytes[at - 1] != '\r')
        return NETL_HTTP_BARE_LF;
    enum netl_http_fault fault = scan_limits(scan, at + 1, limits);
    if (fault)
        return fault;
    bool empty = at - 1 == scan->line;
    scan->line = at + 1;
    if (empty && scan->started) {
        scan->end = at + 1;
        return NETL_HTTP_FINE;
    }
    if (empty)
        scan->start = at + 1;
    return NETL_HTTP_MORE;
}

enum netl_http_fault netl_http_scan(struct netl_http_scan *scan, const char *bytes, size_t length,
                                    const struct netl_http_limits *limits)
{
    for (size_t i = scan->seen; i < length; i++) {
        char c = bytes[i];
        scan->seen = i + 1;
        if (c == '\n') {
            enum netl_http_fault fault = scan_line_end(scan, bytes, i, limits);
            if (fault != NETL_HTTP_MORE)
                return fault;
        } else if (i > scan->line && bytes[i - 1] == '\r') {
            return NETL_HTTP_BARE_CR;
        } else if (c == 0) {
            return NETL_HTTP_NUL;
        } else if (c != '\r') {
            scan->started = true;
        }
    }
    enum netl_http_fault fault = scan_limits(scan, length, limits);
    return fault ? fault : NETL_HTTP_MORE;
}

/* ── fields ─────────────────────────────────────────────────────────────────────────────── */

/* What the fields said about framing, before it is weighed. */
struct notes {
    unsigned hosts, lengths, codings;
    bool bad_host, bad_length;
    bool chunked;       /* the last coding so far is chunked */
    bool chunked_early; /* something came after chunked */
    bool other_coding;
    bool close, keep_alive;
    bool expects, expects_other;
};

static bool host_is_fine(const struct netl_http_slice *host)
{
    for (size_t i = 0; i < host->length; i++) {
        unsigned char c = (unsigned char)host->bytes[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!fine && (c == 0 || !strchr("-._~%!$&'()*+;=:[]", c)))
            return false;
    }
    return true;
}

static void note_coding(struct notes *notes, struct netl_http_slice value)
{
    struct netl_http_slice coding;
    notes->codings++;
    while (netl_http_list_next(&value, &coding)) {
        if (notes->chunked)
            notes->chunked_early = true;
        notes->chunked = netl_http_is_anycase(&coding, "chunked");
        if (!notes->chunked)
            notes->other_coding = true;
    }
}

static void note_connection(struct notes *notes, struct netl_http_slice value)
{
    struct netl_http_slice option;
    while (netl_http_list_next(&value, &option)) {
        if (netl_http_is_anycase(&option, "close"))
            notes->close = true;
        else if (netl_http_is_anycase(&option, "keep-alive"))
            notes->keep_alive = true;
    }
}

static void note_field(struct notes *notes, struct netl_http_head *head,
                       const struct netl_http_field *field)
{
    switch (field->name.length) { /* few fields matter here: their lengths tell most apart */
    case 4:
        if (netl_http_is_anycase(&field->name, "host")) {
            notes->hosts++;
            notes->bad_host |= !host_is_fine(&field->value);
            if (!head->authority.bytes)
                head->authority = field->value;
        }
        break;
    case 6:
        if (netl_http_is_anycase(&field->name, "expect")) {
            notes->expects = netl_http_is_anycase(&field->value, "100-continue");
            notes->expects_other |= !notes->expects;
        }
        break;
    case 10:
        if (netl_http_is_anycase(&field->name, "connection"))
            note_connection(notes, field->value);
        break;
    case 14:
        if (netl_http_is_anycase(&field->name, "content-length")) {
            notes->lengths++;
            notes->bad_length |= !netl_http_number(&field->value, &head->content_length);
        }
        break;
    case 17:
        if (netl_http_is_anycase(&field->name, "transfer-encoding"))
            note_coding(notes, field->value);
        break;
    default: break;
    }
}

/* One field line without its CRLF. */
static enum netl_http_fault parse_field(struct netl_http_field *field, const char *line,
                                        size_t length)
{
    size_t colon = 0;
    while (colon < length && netl_http_token_char((unsigned char)line[colon]))
        colon++;
    if (colon == 0 && length > 0 && (line[0] == ' ' || line[0] == '\t'))
        return NETL_HTTP_FOLDED;
    if (colon > 0 && colon < length && (line[colon] == ' ' || line[colon] == '\t'))
        return NETL_HTTP_SPACE_BEFORE_COLON;
    if (colon == 0 || colon == length || line[colon] != ':')
        return NETL_HTTP_FIELD_NAME;
    for (size_t i = colon + 1; i < length; i++) {
        unsigned char c = (unsigned char)line[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return NETL_HTTP_FIELD_VALUE;
    }
    field->name = (struct netl_http_slice){line, colon};
    field->value = trim((struct netl_http_slice){line + colon + 1, length - colon - 1});
    return NETL_HTTP_FINE;
}

/* The length of the next line without its CRLF; `length` when there is no CRLF. */
static size_t line_length(const char *bytes, size_t length)
{
    const char *end = length ? memchr(bytes, '\r', length) : NULL;
    if (!end || (size_t)(end - bytes) + 1 >= length || end[1] != '\n')
        return length;
    return (size_t)(end - bytes);
}

/* All field lines up to the empty one, which must end the bytes. */
static enum netl_http_fault parse_fields(struct netl_http_head *head, struct notes *notes,
                                         const char *bytes, size_t length)
{
    head->fields = 0;
    while (length > 0) {
        size_t line = line_length(bytes, length);
        if (line == length)
            return NETL_HTTP_BARE_CR;
        if (line == 0)
            return length == 2 ? NETL_HTTP_FINE : NETL_HTTP_START_LINE;
        if (head->fields == NETL_HTTP_FIELDS)
            return NETL_HTTP_HEAD_LONG;
        struct netl_http_field *field = &head->field[head->fields];
        enum netl_http_fault fault = parse_field(field, bytes, line);
        if (fault)
            return fault;
        note_field(notes, head, field);
        head->fields++;
        bytes += line + 2;
        length -= line + 2;
    }
    return NETL_HTTP_MORE;
}

/* What both directions ask of Content-Length and Transfer-Encoding (RFC 9112 §6.3). */
static enum netl_http_fault weigh_framing(struct netl_http_head *head, const struct notes *notes)
{
    if (notes->bad_length)
        return NETL_HTTP_LENGTH;
    if (notes->lengths > 1)
        return NETL_HTTP_TWO_LENGTHS;
    if (notes->codings && notes->lengths)
        return NETL_HTTP_LENGTH_AND_CODING;
    if (notes->chunked_early || (notes->codings && head->minor_version == 0))
        return NETL_HTTP_CODING_ORDER;
    if (notes->other_coding)
        return NETL_HTTP_CODING;
    if (notes->codings && !notes->chunked)
        return NETL_HTTP_CODING_ORDER;
    head->has_length = notes->lengths == 1;
    if (!head->has_length)
        head->content_length = 0;
    head->keep_alive = !notes->close && (head->minor_version >= 1 || notes->keep_alive);
    if (notes->chunked)
        head->framing = NETL_HTTP_CHUNKED;
    else if (head->content_length > 0)
        head->framing = NETL_HTTP_BY_LENGTH;
    else
        head->framing = NETL_HTTP_NO_BODY;
    return NETL_HTTP_FINE;
}

/* ── requests ───────────────────────────────────────────────────────────────────────────── */

/* "HTTP/1.1": the name is case-sensitive, each number one digit (RFC 9112 §2.3). */
static enum netl_http_fault parse_version(struct netl_http_head *head, const char *bytes,
                                          size_t length)
{
    if (length != 8 || memcmp(bytes, "HTTP/", 5) != 0 || bytes[6] != '.' || bytes[5] < '0' ||
        bytes[5] > '9' || bytes[7] < '0' || bytes[7] > '9')
        return NETL_HTTP_VERSION;
    if (bytes[5] != '1')
        return NETL_HTTP_VERSION_NEW;
    head->minor_version = bytes[7] == '0' ? 0 : 1;
    return NETL_HTTP_FINE;
}

/* What follows the authority, or the whole origin form: "/path?query". */
static void split_path(struct netl_http_head *head, const char *bytes, size_t length)
{
    const char *mark = length ? memchr(bytes, '?', length) : NULL;
    size_t path = mark ? (size_t)(mark - bytes) : length;
    head->path = (struct netl_http_slice){bytes, path};
    if (mark)
        head->query = (struct netl_http_slice){mark + 1, length - path - 1};
}

/* "http://host/path": a server must accept it from any client (RFC 9112 §3.2.2). */
static enum netl_http_fault split_absolute(struct netl_http_head *head)
{
    static const char *const schemes[] = {"http://", "https://"};
    const struct netl_http_slice *target = &head->target;
    size_t start = 0;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct netl_http_slice front = {target->bytes, strlen(schemes[i])};
        if (front.length <= target->length && netl_http_is_anycase(&front, schemes[i]))
            start = front.length;
    }
    if (start == 0)
        return NETL_HTTP_TARGET;
    size_t end = start;
    while (end < target->length && target->bytes[end] != '/' && target->bytes[end] != '?')
        end++;
    head->authority = (struct netl_http_slice){target->bytes + start, end - start};
    if (end == start || !host_is_fine(&head->authority))
        return NETL_HTTP_TARGET;
    split_path(head, target->bytes + end, target->length - end);
    if (head->path.length == 0)
        head->path = (struct netl_http_slice){"/", 1};
    return NETL_HTTP_FINE;
}

static enum netl_http_fault parse_target(struct netl_http_head *head)
{
    const struct netl_http_slice *target = &head->target;
    for (size_t i = 0; i < target->length; i++) {
        unsigned char c = (unsigned char)target->bytes[i];
        if (c <= ' ' || c >= 0x7f || c == '#')
            return NETL_HTTP_TARGET;
    }
    if (netl_http_is(&head->method, "CONNECT")) { /* authority form */
        head->authority = head->path = *target;
        return host_is_fine(target) && target->length > 0 ? NETL_HTTP_FINE : NETL_HTTP_TARGET;
    }
    if (target->length > 0 && target->bytes[0] == '/') {
        split_path(head, target->bytes, target->length);
        return NETL_HTTP_FINE;
    }
    if (netl_http_is(target, "*")) {
        head->path = *target;
        return netl_http_is(&head->method, "OPTIONS") ? NETL_HTTP_FINE : NETL_HTTP_TARGET;
    }
    return split_absolute(head);
}

/* "METHOD target HTTP/1.1", with single spaces (RFC 9112 §3). */
static enum netl_http_fault parse_request_line(struct netl_http_head *head, const char *line,
                                               size_t length)
{
    size_t method = 0;
    while (method < length && netl_http_token_char((unsigned char)line[method]))
        method++;
    if (method == 0 || (method < length && line[method] != ' '))
        return NETL_HTTP_METHOD;
    if (method == length)
        return NETL_HTTP_START_LINE;
    head->method = (struct netl_http_slice){line, method};
    line += method + 1;
    length -= method + 1;
    const char *space = length ? memchr(line, ' ', length) : NULL;
    if (!space || space == line)
        return NETL_HTTP_START_LINE;
    head->target = (struct netl_http_slice){line, (size_t)(space - line)};
    enum netl_http_fault fault = parse_version(head, space + 1, length - head->target.length - 1);
    return fault ? fault : parse_target(head);
}

/* All but the array of fields, which is large and guarded by its count. */
static void clear(struct netl_http_head *head)
{
    memset(head, 0, offsetof(struct netl_http_head, field));
}

enum netl_http_fault netl_http_request_parse(struct netl_http_head *head, const char *bytes,
                                             size_t length)
{
    struct notes notes = {0};
    clear(head);
    size_t line = line_length(bytes, length);
    if (line == length)
        return NETL_HTTP_START_LINE;
    enum netl_http_fault fault = parse_request_line(head, bytes, line);
    if (!fault)
        fault = parse_fields(head, &notes, bytes + line + 2, length - line - 2);
    if (!fault && notes.hosts > 1)
        fault = NETL_HTTP_TWO_HOSTS;
    if (!fault && notes.hosts == 0 && head->minor_version >= 1)
        fault = NETL_HTTP_NO_HOST;
    if (!fault && notes.bad_host)
        fault = NETL_HTTP_BAD_HOST;
    if (!fault)
        fault = weigh_framing(head, &notes);
    if (!fault && head->minor_version >= 1) { /* HTTP/1.0 knows no Expect (RFC 9110 §10.1.1) */
        if (notes.expects_other)
            return NETL_HTTP_EXPECTATION;
        head->expect_continue = notes.expects && head->framing != NETL_HTTP_NO_BODY;
    }
    return fault;
}

/* ── responses ──────────────────────────────────────────────────────────────────────────── */

/* "HTTP/1.1 200 OK"; the words may be missing (RFC 9112 §4). */
static enum netl_http_fault parse_status_line(struct netl_http_head *head, const char *line,
                                              size_t length)
{
    if (length < 12 || line[8] != ' ')
        return NETL_HTTP_START_LINE;
    enum netl_http_fault fault = parse_version(head, line, 8);
    if (fault)
        return fault;
    for (size_t i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return NETL_HTTP_STATUS;
        head->status = head->status * 10 + (line[i] - '0');
    }
    if (head->status < 100 || (length > 12 && line[12] != ' '))
        return NETL_HTTP_STATUS;
    if (length > 13)
        head->reason = (struct netl_http_slice){line + 13, length - 13};
    return NETL_HTTP_FINE;
}

/* Puts spaces where a field goes on in the next line. */
static void unfold(char *bytes, size_t length)
{
    for (size_t i = 0; i + 2 < length; i++)
        if (bytes[i] == '\r' && bytes[i + 1] == '\n' &&
            (bytes[i + 2] == ' ' || bytes[i + 2] == '\t'))
            bytes[i] = bytes[i + 1] = ' ';
}

enum netl_http_fault netl_http_response_parse(struct netl_http_head *head, char *bytes,
                                              size_t length, bool to_head)
{
    struct notes notes = {0};
    clear(head);
    size_t line = line_length(bytes, length);
    if (line == length)
        return NETL_HTTP_START_LINE;
    enum netl_http_fault fault = parse_status_line(head, bytes, line);
    if (!fault && line + 4 < length && (bytes[line + 2] == ' ' || bytes[line + 2] == '\t'))
        fault = NETL_HTTP_FOLDED; /* a fold with nothing before it */
    if (!fault) {
        unfold(bytes + line + 2, length - line - 2);
        fault = parse_fields(head, &notes, bytes + line + 2, length - line - 2);
    }
    if (!fault)
        fault = weigh_framing(head, &notes);
    if (fault)
        return fault;
    if (to_head || head->status < 200 || head->status == 204 || head->status == 304)
        head->framing = NETL_HTTP_NO_BODY;
    else if (head->framing == NETL_HTTP_NO_BODY && !head->has_length)
        head->framing = NETL_HTTP_UNTIL_CLOSE;
    if (head->framing == NETL_HTTP_UNTIL_CLOSE)
        head->keep_alive = false;
    return NETL_HTTP_FINE;
}
