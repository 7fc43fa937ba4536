/* SPDX-License-Identifier: MIT */
/* URLs are read exactly, and what could be read in two ways is refused. (RFC 3986) */
#include "application/url.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

static struct netl_url url; /* large: not on the stack of every test */
static struct netl_url base;

static int parse(const char *text)
{
    size_t length = strlen(text);
    unsigned char *exact = unit_exact(text, length);
    int result = netl_url_parse(&url, (const char *)exact, length);
    free(exact);
    return result;
}

static void check(const char *text, const char *host, unsigned port, const char *authority,
                  const char *target)
{
    CU_ASSERT_EQUAL_FATAL(parse(text), 0);
    CU_ASSERT_STRING_EQUAL(url.host, host);
    CU_ASSERT_EQUAL(url.port, port);
    CU_ASSERT_STRING_EQUAL(url.authority, authority);
    CU_ASSERT_STRING_EQUAL(url.target, target);
}

static void a_url_falls_into_host_port_and_target(void)
{
    check("http://example.org/a/b?c=d", "example.org", 80, "example.org", "/a/b?c=d");
    check("http://10.0.0.2:8080/", "10.0.0.2", 8080, "10.0.0.2:8080", "/");
    check("http://localhost:65535/x", "localhost", 65535, "localhost:65535", "/x");
}

static void what_is_left_out_has_a_default(void)
{
    check("http://example.org", "example.org", 80, "example.org", "/");
    check("http://example.org?q", "example.org", 80, "example.org", "/?q");
    check("http://example.org:", "example.org", 80, "example.org", "/");
    check("http://example.org:80/", "example.org", 80, "example.org", "/");
}

static void scheme_and_host_do_not_care_about_letter_case(void)
{
    check("HTTP://Example.ORG/Path", "example.org", 80, "example.org", "/Path");
}

static void an_ipv6_literal_stands_in_brackets(void)
{
    check("http://[::1]/", "::1", 80, "[::1]", "/");
    check("http://[2001:DB8:0::1]:8080/x", "2001:DB8:0::1", 8080, "[2001:db8::1]:8080", "/x");
    CU_ASSERT_EQUAL(parse("http://[::1/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://[]/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://[10.0.0.1]/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://[::1]x/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://[v1.x]/"), NETL_ERROR_ARGUMENT);
}

static void a_zone_is_for_us_and_never_for_the_server(void)
{
    if (parse("http://[fe80::1%25lo]:81/") < 0) {
        unit_skip("this system has no interface lo");
        return;
    }
    CU_ASSERT_STRING_EQUAL(url.host, "fe80::1%lo");
    CU_ASSERT_STRING_EQUAL(url.authority, "[fe80::1]:81");
    CU_ASSERT_EQUAL(parse("http://[fe80::1%lo]/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://[fe80::1%25]/"), NETL_ERROR_ARGUMENT);
}

static void a_fragment_stays_at_home(void)
{
    check("http://h/a#b?c", "h", 80, "h", "/a");
    check("http://h#b", "h", 80, "h", "/");
}

static void percent_encoding_is_kept_and_bytes_outside_ascii_get_it(void)
{
    check("http://h/%41%2f?a%20b", "h", 80, "h", "/%41%2f?a%20b");
    check("http://h/\xed\x95\x9c", "h", 80, "h", "/%ED%95%9C");
}

static void user_information_is_refused(void)
{
    CU_ASSERT_EQUAL(parse("http://user:secret@h/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://trusted.example@evil.example/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://@h/"), NETL_ERROR_ARGUMENT);
    check("http://h/@x", "h", 80, "h", "/@x");
}

static void a_control_byte_or_a_space_is_refused_wherever_it_stands(void)
{
    static const char text[] = "http://host:80/path?query#fragment";
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (int byte = 0; byte <= 0x20; byte++) {
            char copy[sizeof text];
            memcpy(copy, text, sizeof text);
            copy[at] = (char)byte;
            CU_ASSERT_EQUAL(netl_url_parse(&url, copy, sizeof text - 1), NETL_ERROR_ARGUMENT);
        }
    CU_ASSERT_EQUAL(parse("http://h/a\x7f"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h/a\r\nHost: evil"), NETL_ERROR_ARGUMENT);
}

static void https_is_refused_with_a_sentence_that_says_why(void)
{
    CU_ASSERT_EQUAL(parse("https://example.org/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "TLS"));
    CU_ASSERT_EQUAL(parse("HTTPS://example.org/"), NETL_ERROR_UNSUPPORTED);
}

static void other_schemes_and_none_are_refused(void)
{
    CU_ASSERT_EQUAL(parse("ftp://h/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_EQUAL(parse("localhost:8080/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("/path"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse(""), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http:"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http:/h/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http:///path"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://:80/"), NETL_ERROR_ARGUMENT);
}

static void a_port_is_a_plain_number_from_1_to_65535(void)
{
    CU_ASSERT_EQUAL(parse("http://h:0/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h:65536/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h:+80/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h:80a/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h:99999999999999999999/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://h:80:80/"), NETL_ERROR_ARGUMENT);
}

static void a_host_has_only_the_characters_of_names(void)
{
    CU_ASSERT_EQUAL(parse("http://a\\b/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://a%2eb/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://a\xc3\xa4/"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_EQUAL(parse("http://a<b/"), NETL_ERROR_ARGUMENT);
}

static void what_is_too_long_is_refused_and_not_cut(void)
{
    static char text[2 * NETL_URL_SIZE];
    memset(text, 'a', sizeof text);
    memcpy(text, "http://h/", 9);
    CU_ASSERT_EQUAL(netl_url_parse(&url, text, NETL_URL_SIZE - 1), 0);
    CU_ASSERT_EQUAL(strlen(url.target), (size_t)NETL_URL_SIZE - 1 - 8);
    CU_ASSERT_EQUAL(netl_url_parse(&url, text, NETL_URL_SIZE), NETL_ERROR_TOO_LARGE);
    memset(text + 9, 0xe4, NETL_URL_SIZE);
    CU_ASSERT_EQUAL(netl_url_parse(&url, text, NETL_URL_SIZE - 1), NETL_ERROR_TOO_LARGE);
    memset(text, 'h', sizeof text);
    memcpy(text, "http://", 7);
    CU_ASSERT_EQUAL(netl_url_parse(&url, text, 7 + 255), 0);
    CU_ASSERT_EQUAL(netl_url_parse(&url, text, 7 + 256), NETL_ERROR_ARGUMENT);
}

static void every_truncation_is_read_within_its_bytes(void)
{
    static const char text[] = "http://[fe80::1%25lo]:8080/a/../b?c=%41#d";
    for (size_t length = 0; length < sizeof text; length++) {
        unsigned char *exact = unit_exact(text, length);
        netl_url_parse(&url, (const char *)exact, length);
        CU_ASSERT_EQUAL(parse("http://a/b/c/d;p?q"), 0);
        base = url;
        netl_url_resolve(&url, &base, (const char *)exact, length);
        free(exact);
    }
}

/* The examples of RFC 3986 section 5.4, without those of other schemes. */
static void relative_references_resolve_as_the_rfc_shows(void)
{
    static const char *const pairs[][2] = {
        {"g", "/b/c/g"},
        {"./g", "/b/c/g"},
        {"g/", "/b/c/g/"},
        {"/g", "/g"},
        {"?y", "/b/c/d;p?y"},
        {"g?y", "/b/c/g?y"},
        {"#s", "/b/c/d;p?q"},
        {"g#s", "/b/c/g"},
        {"g?y#s", "/b/c/g?y"},
        {";x", "/b/c/;x"},
        {"g;x", "/b/c/g;x"},
        {"g;x?y#s", "/b/c/g;x?y"},
        {"", "/b/c/d;p?q"},
        {".", "/b/c/"},
        {"./", "/b/c/"},
        {"..", "/b/"},
        {"../", "/b/"},
        {"../g", "/b/g"},
        {"../..", "/"},
        {"../../", "/"},
        {"../../g", "/g"},
        {"../../../g", "/g"},
        {"../../../../g", "/g"},
        {"/./g", "/g"},
        {"/../g", "/g"},
        {"g.", "/b/c/g."},
        {".g", "/b/c/.g"},
        {"g..", "/b/c/g.."},
        {"..g", "/b/c/..g"},
        {"./../g", "/b/g"},
        {"./g/.", "/b/c/g/"},
        {"g/./h", "/b/c/g/h"},
        {"g/../h", "/b/c/h"},
        {"g;x=1/./y", "/b/c/g;x=1/y"},
        {"g;x=1/../y", "/b/c/y"},
        {"g?y/./x", "/b/c/g?y/./x"},
        {"g?y/../x", "/b/c/g?y/../x"},
    };
    CU_ASSERT_EQUAL_FATAL(parse("http://a/b/c/d;p?q"), 0);
    base = url;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, pairs[i][0], strlen(pairs[i][0])), 0);
        CU_ASSERT_STRING_EQUAL(url.host, "a");
        CU_ASSERT_STRING_EQUAL(url.target, pairs[i][1]);
    }
}

static void a_reference_can_lead_to_another_host(void)
{
    CU_ASSERT_EQUAL_FATAL(parse("http://a:81/b"), 0);
    base = url;
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "//g", 3), 0);
    CU_ASSERT_STRING_EQUAL(url.authority, "g");
    CU_ASSERT_STRING_EQUAL(url.target, "/");
    CU_ASSERT_FALSE(netl_url_same_origin(&url, &base));
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "http://A:81/./c/../d", 20), 0);
    CU_ASSERT_STRING_EQUAL(url.target, "/d");
    CU_ASSERT_TRUE(netl_url_same_origin(&url, &base));
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "https://a/", 10), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "a b", 3), NETL_ERROR_ARGUMENT);
}

static void a_port_and_a_zone_survive_a_relative_reference(void)
{
    CU_ASSERT_EQUAL_FATAL(parse("http://[::1]:8080/b"), 0);
    base = url;
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "c", 1), 0);
    CU_ASSERT_STRING_EQUAL(url.authority, "[::1]:8080");
    char text[64];
    CU_ASSERT_STRING_EQUAL(netl_url_format(&url, text, sizeof text), "http://[::1]:8080/c");
    if (parse("http://[fe80::1%25lo]/b") < 0)
        return;
    base = url;
    CU_ASSERT_EQUAL(netl_url_resolve(&url, &base, "/c", 2), 0);
    CU_ASSERT_STRING_EQUAL(url.host, "fe80::1%lo");
}

static int parse_ftp(const char *text)
{
    size_t length = strlen(text);
    unsigned char *exact = unit_exact(text, length);
    int result = netl_url_parse_as(&url, &netl_url_ftp, (const char *)exact, length);
    free(exact);
    return result;
}

static void another_scheme_has_its_own_port_and_may_have_a_user(void)
{
    char text[256];
    CU_ASSERT_EQUAL_FATAL(parse_ftp("FTP://me:se%40cret@Host/a?b#c"), 0);
    CU_ASSERT_STRING_EQUAL(url.user, "me:se%40cret");
    CU_ASSERT_STRING_EQUAL(url.host, "host");
    CU_ASSERT_EQUAL(url.port, 21);
    CU_ASSERT_STRING_EQUAL(netl_url_format(&url, text, sizeof text), "ftp://host/a?b");
    CU_ASSERT_EQUAL_FATAL(parse_ftp("ftp://a@b@[::1]:80"), 0);
    CU_ASSERT_STRING_EQUAL(url.user, "a@b");
    CU_ASSERT_STRING_EQUAL(url.authority, "[::1]:80");
    CU_ASSERT_EQUAL(parse_ftp("ftp://:21/"), NETL_ERROR_ARGUMENT);
}

static void a_url_of_another_protocol_is_refused_with_the_name_of_its_program(void)
{
    CU_ASSERT_EQUAL(parse("ftp://h/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "use ftp_get"));
    CU_ASSERT_EQUAL(parse_ftp("http://h/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "use http_get"));
    CU_ASSERT_EQUAL(parse_ftp("ftps://h/"), NETL_ERROR_UNSUPPORTED);
    CU_ASSERT_EQUAL(parse_ftp("h/a"), NETL_ERROR_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "ftp://"));
}

static void no_sentence_shows_a_password(void)
{
    static const char *const texts[] = {"ftp://me:secret@h:99999/", "http://me:secret@h/",
                                        "ftp://me:se:secret@h:x/",  "gopher://me:secret@h/",
                                        "ftp://me:a@secret@h:x/",   "ftp://me:secret@h/ "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CU_ASSERT(parse_ftp(texts[i]) < 0);
        CU_ASSERT_PTR_NULL(strstr(netl_error_text(), "secret"));
        CU_ASSERT_PTR_NOT_NULL(strstr(netl_error_text(), "me:***@h"));
        CU_ASSERT(parse(texts[i]) < 0);
        CU_ASSERT_PTR_NULL(strstr(netl_error_text(), "secret"));
    }
}

UNIT_MAIN(
    "url", UNIT(another_scheme_has_its_own_port_and_may_have_a_user),
    UNIT(a_url_of_another_protocol_is_refused_with_the_name_of_its_program),
    UNIT(no_sentence_shows_a_password), UNIT(a_url_falls_into_host_port_and_target),
    UNIT(what_is_left_out_has_a_default), UNIT(scheme_and_host_do_not_care_about_letter_case),
    UNIT(an_ipv6_literal_stands_in_brackets), UNIT(a_zone_is_for_us_and_never_for_the_server),
    UNIT(a_fragment_stays_at_home), UNIT(percent_encoding_is_kept_and_bytes_outside_ascii_get_it),
    UNIT(user_information_is_refused),
    UNIT(a_control_byte_or_a_space_is_refused_wherever_it_stands),
    UNIT(https_is_refused_with_a_sentence_that_says_why), UNIT(other_schemes_and_none_are_refused),
    UNIT(a_port_is_a_plain_number_from_1_to_65535), UNIT(a_host_has_only_the_characters_of_names),
    UNIT(what_is_too_long_is_refused_and_not_cut), UNIT(every_truncation_is_read_within_its_bytes),
    UNIT(relative_references_resolve_as_the_rfc_shows), UNIT(a_reference_can_lead_to_another_host),
    UNIT(a_port_and_a_zone_survive_a_relative_reference))
