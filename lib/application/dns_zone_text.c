/* SPDX-License-Identifier: MIT */
/*
 * A zone file in words: comments away, quotes and parentheses understood.  (RFC 1035 section 5.1)
 *
 * Always true: `line` is the line that is being read, so that a complaint can name it.
 */
#include "dns_zone.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool refuse(struct zone_text *text, const char *wrong)
{
    text->wrong = wrong;
    return false;
}

static bool add_char(struct zone_text *text, struct zone_word *word, char c)
{
    if (word->length + 1 >= sizeof word->text)
        return refuse(text, "a word has more than 1023 bytes");
    word->text[word->length++] = c;
    return true;
}

/* Up to the closing quote, on the same line. */
static bool read_quoted(struct zone_text *text, struct zone_word *word)
{
    word->quoted = true;
    for (text->at++; text->at < text->end && *text->at != '\n'; text->at++) {
        if (*text->at == '"') {
            text->at++;
            return true;
        }
        if (*text->at == '\\' && text->end - text->at > 1 && text->at[1] != '\n' &&
            !add_char(text, word, *text->at++))
            return false;
        if (!add_char(text, word, *text->at))
            return false;
    }
    return refuse(text, "a quote is not closed");
}

static bool read_plain(struct zone_text *text, struct zone_word *word)
{
    for (; text->at < text->end; text->at++) {
        char c = *text->at;
        if (is_blank(c) || c == '\n' || strchr("();\"", c))
            return c == '\0' ? refuse(text, "a byte of 0 stands there") : true;
        if (c == '\\' && text->end - text->at > 1 && text->at[1] != '\n') {
            if (!add_char(text, word, c))
                return false;
            text->at++;
        }
        if (!add_char(text, word, *text->at))
            return false;
    }
    return true;
}

static bool read_word(struct zone_text *text, struct zone_entry *entry)
{
    if (entry->count == ZONE_WORDS)
        return refuse(text, "a record has more than 64 words");
    struct zone_word *word = &entry->words[entry->count++];
    word->length = 0;
    word->quoted = false;
    bool read = *text->at == '"' ? read_quoted(text, word) : read_plain(text, word);
    word->text[word->length] = '\0';
    return read;
}

static void skip_comment(struct zone_text *text)
{
    while (text->at < text->end && *text->at != '\n')
        text->at++;
}

/* Words up to the end of the line, or of the lines that parentheses join. */
static bool read_words(struct zone_text *text, struct zone_entry *entry)
{
    bool inside = false;

    while (text->at < text->end) {
        char c = *text->at;
        if (c == '\n') {
            text->at++;
            text->line++;
            if (!inside)
                return true;
        } else if (c == '(' || c == ')') {
            if (inside == (c == '('))
                return refuse(text, inside ? "a parenthesis stands within another"
                                           : "a parenthesis was not opened");
            inside = !inside;
            text->at++;
        } else if (c == ';') {
            skip_comment(text);
        } else if (is_blank(c)) {
            text->at++;
        } else if (!read_word(text, entry)) {
            return false;
        }
    }
    return inside ? refuse(text, "a parenthesis is not closed") : true;
}

bool netl_zone_text_next(struct zone_text *text, struct zone_entry *entry)
{
    text->wrong = NULL;
    while (text->at < text->end) {
        entry->count = 0;
        entry->line = text->line;
        entry->indented = is_blank(*text->at);
        if (!read_words(text, entry))
            return false;
        if (entry->count > 0)
            return true;
    }
    return false;
}
